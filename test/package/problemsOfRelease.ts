/** What a release reads of `package.json`. */
export interface ReleaseManifest {
  readonly version: string;
  readonly repository?: string | { readonly url: string };
}

/** Why `manifest` cannot be released under `tag` from the GitHub repository `owner/name`; nothing if it can. */
export function problemsOfRelease(
  { version, repository }: ReleaseManifest,
  changelog: string,
  tag: string,
  name: string,
): string[] {
  const url = typeof repository === 'object' ? repository.url : repository;
  const wanted = `"repository": { "type": "git", "url": "git+https://github.com/${name}.git" }`;

  return [
    tag !== `v${version}` && `The tag is ${tag}, and the version in package.json is ${version}.`,
    url === undefined &&
      `package.json has no "repository". Provenance needs it, and the links of the README on npm. Add ${wanted}.`,
    url !== undefined &&
      !new RegExp(`(^|github\\.com/|github:)${name}(\\.git)?$`, 'i').test(url) &&
      `package.json has the repository ${url}, and this is ${name}. Provenance needs ${wanted}.`,
    !changelog.split('\n').includes(`## ${version}`) && `CHANGELOG.md has no section "## ${version}".`,
  ].filter((problem) => problem !== false);
}
