declare module "texts:" {
  const all: Record<string, import("./ui/texts.ts").Texts>;
  export default all;
}

declare module "*.css" {
  const text: string;
  export default text;
}
