import { openaiChat } from './openaiChat.ts';
export const openai = openaiChat;
