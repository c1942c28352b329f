// What is imported and not used must not be in the bundle.
import { of } from 'rxjs';
import * as rxllm from 'rxllm';
import * as agents from 'rxllm/agents';
import * as models from 'rxllm/models';
import * as operators from 'rxllm/operators';
import { openaiChat } from 'rxllm/providers/openaiChat';
import * as web from 'rxllm/web';

const chunks = ['Hel', 'lo'].map((text) => ({ type: 'text-delta', text, block: 0 }));

of({ type: 'start', provider: 'test', model: 'test-1' }, ...chunks)
  .pipe(rxllm.accumulateText())
  .subscribe((text) => {
    globalThis.said = text;
  });
