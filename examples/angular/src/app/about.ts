import { Injectable } from '@angular/core';
import { rxResource } from '@angular/core/rxjs-interop';
import { fromFetch } from 'rxjs/fetch';
import type { About } from '../../shared/api.ts';

/** What the server tells of itself. */
@Injectable({ providedIn: 'root' })
export class AboutServer {
  readonly resource = rxResource({
    stream: () =>
      fromFetch<About>('/api/about', { selector: (response) => response.json() as Promise<About> }),
  });
}
