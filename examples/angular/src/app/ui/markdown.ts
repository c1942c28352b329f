import { Component, computed, input } from '@angular/core';
import { Marked, Renderer, type Tokens } from 'marked';

/**
 * Shows Markdown as it grows. What a model writes is foreign text: HTML in it is shown as it stands, images are links,
 * links lead to the web only, and Angular's sanitizer has the last word.
 */
@Component({
  selector: 'app-markdown',
  // Blocks that stay the same are left alone, and so is what the reader has selected in them.
  template: `
    @for (html of blocks(); track $index) {
      <div [innerHTML]="html"></div>
    }
  `,
  host: { class: 'prose' },
})
export class Markdown {
  readonly text = input.required<string>();
  protected readonly blocks = computed(() => toBlocks(this.text()));
}

/** The top-level blocks of a text, each as HTML. */
export function toBlocks(text: string): readonly string[] {
  return markdown
    .lexer(text)
    .filter(({ type }) => type !== 'space' && type !== 'def')
    .map((token) => markdown.parser([token]));
}

const plain = new Renderer();
const markdown = new Marked({
  renderer: {
    html: ({ text }) => escapeHtml(text),
    image: ({ href, text }) => toLink(href, escapeHtml(text === '' ? href : text)),
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    link({ href, tokens }) {
      return toLink(href, this.parser.parseInline(tokens));
    },
    // Below the question, which is a heading of level 2, whatever level the model begins with.
    heading({ tokens, depth }) {
      const text = this.parser.parseInline(tokens);
      // Its words are still to come.
      return text === '' ? '' : `<h3 class="level-${Math.min(depth, 4)}">${text}</h3>`;
    },
    table(token: Tokens.Table) {
      plain.parser = this.parser;
      return `<div class="table" role="region" aria-label="Table" tabindex="0">${plain.table(token)}</div>`;
    },
  },
});

function toLink(href: string, html: string): string {
  if (!/^(https?:\/\/|mailto:)/i.test(href)) return html;
  return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer nofollow">${html}</a>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
