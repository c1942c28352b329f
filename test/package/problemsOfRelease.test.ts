import { describe, expect, it } from 'vitest';
import { problemsOfRelease } from './problemsOfRelease.ts';

const changelog = '# Changelog\n\n## 1.2.0\n\n- **it:** works\n';
const manifest = { version: '1.2.0', repository: { url: 'git+https://github.com/someone/rxllm.git' } };
const problems = (changes: object, tag = 'v1.2.0', text = changelog) =>
  problemsOfRelease({ ...manifest, ...changes }, text, tag, 'someone/rxllm');

describe('problemsOfRelease', () => {
  it('finds none where tag, version, repository and changelog agree', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ repository: 'github:someone/rxllm' })).toEqual([]);
    expect(problems({ repository: 'Someone/rxllm' })).toEqual([]);
  });

  it('tells a tag that is not the version', () => {
    expect(problems({}, 'v1.3.0')).toEqual(['The tag is v1.3.0, and the version in package.json is 1.2.0.']);
  });

  it('tells what to add where there is no repository', () => {
    expect(problems({ repository: undefined })).toEqual([
      expect.stringContaining('"url": "git+https://github.com/someone/rxllm.git"'),
    ]);
  });

  it('tells a repository that is another one', () => {
    const url = 'git+https://github.com/someone/not-rxllm.git';

    expect(problems({ repository: { url } })).toEqual([expect.stringContaining(`the repository ${url}`)]);
  });

  it('tells a changelog without the version', () => {
    expect(problems({}, 'v1.2.0', '# Changelog\n\n## 1.2.0-beta\n')).toEqual([
      'CHANGELOG.md has no section "## 1.2.0".',
    ]);
  });
});
