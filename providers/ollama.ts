import { openaiChat } from './openaiChat.ts';
export const ollama = openaiChat;
