import { anthropicWire } from '../providers/wires/anthropic.ts';
import { ollamaWire } from '../providers/wires/ollama.ts';
import { openaiWire } from '../providers/wires/openai.ts';
import { openaiChatWire } from '../providers/wires/openaiChat.ts';
import type { Wire } from '../providers/wires/wire.ts';

/** The servers of all four providers. */
export const wires: readonly Wire[] = [openaiWire, openaiChatWire, anthropicWire, ollamaWire];
