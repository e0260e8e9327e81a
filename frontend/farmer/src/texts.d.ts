/** Where the sentences of each language are, and what the language calls itself: `build.mjs` knows. */
declare const LANGUAGES: Readonly<Record<string, { readonly name: string; readonly file: string }>>;
