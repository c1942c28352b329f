import { openaiChat } from './openaiChat.ts';
export const anthropic = openaiChat;
