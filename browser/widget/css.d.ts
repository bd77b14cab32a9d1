/** A stylesheet as text; the bundler makes it small (`build/css_text.mjs`). */
declare module "*.css" {
  const text: string;
  export default text;
}
