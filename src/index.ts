export { addUsage, type Usage } from './usage.ts';
export type * from './json.ts';
export type * from './chunk.ts';
export type * from './message.ts';
export type * from './model.ts';
export type * from './tool.ts';
export type { ModelRequest, ThinkingEffort, ToolChoice } from './request.ts';
