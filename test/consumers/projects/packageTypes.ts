// Compiled only, where the packages are installed: their options and clients are typed.
import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama/browser';
import OpenAI from 'openai';
import type { LanguageModel } from 'rxllm';
import { traceModel } from 'rxllm/integrations/opentelemetry';
import { anthropic } from 'rxllm/providers/anthropic';
import { ollama } from 'rxllm/providers/ollama';
import { openai } from 'rxllm/providers/openai';
import { openaiChat } from 'rxllm/providers/openaiChat';

export const models: LanguageModel[] = [
  traceModel(openai('any', { apiKey: 'none', timeout: 1_000 })),
  openaiChat('any', { client: new OpenAI({ apiKey: 'none' }) }),
  anthropic('any', { client: new Anthropic({ apiKey: 'none' }) }),
  ollama('any', { client: new Ollama() }),
];

// @ts-expect-error Where a client is `any`, this compiles.
openaiChat('any', { client: 42 });
