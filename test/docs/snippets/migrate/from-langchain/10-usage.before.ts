import type { UsageMetadata } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({ model: 'gpt-5-mini' });

const answer = await model.invoke('Why do marbles roll?');
const usage = answer.usage_metadata as UsageMetadata | undefined;
// Dollars for a million tokens.
if (usage) console.log(usage.total_tokens, (usage.input_tokens * 0.25 + usage.output_tokens * 2) / 1e6);
