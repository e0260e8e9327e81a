/** A list that a build puts into the script as text. */
declare module "*.csv" {
  const text: string;
  export default text;
}
