import { openaiChat } from 'rxllm/providers/openaiChat';

export const model = openaiChat('gpt-5-mini');
