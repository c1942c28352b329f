// The same in a CommonJS file, which may require() a module.
import rxllm = require('rxllm');
import models = require('rxllm/models');

export const texts = models.modelFrom('ollama/qwen3').stream('Hello').pipe(rxllm.accumulateText());
