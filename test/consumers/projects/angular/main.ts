import { Component, provideZonelessChangeDetection, signal } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { accumulateText } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';

@Component({
  selector: 'consumer-root',
  template: `<button (click)="ask()">Ask</button> <output>{{ answer() }}</output>`,
})
class Consumer {
  readonly answer = signal('');
  private readonly model = openaiChat('test-1', {
    apiKey: 'none',
    baseURL: `${location.origin}/openaiChat`,
    dangerouslyAllowBrowser: true,
  });

  ask(): void {
    this.model
      .stream('Hello')
      .pipe(accumulateText())
      .subscribe((text) => this.answer.set(text));
  }
}

await bootstrapApplication(Consumer, { providers: [provideZonelessChangeDetection()] });
