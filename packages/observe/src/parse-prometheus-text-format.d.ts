/** The parser brings no types. */
declare module "parse-prometheus-text-format" {
  export interface Family {
    readonly name: string;
    readonly help: string;
    readonly type: "COUNTER" | "GAUGE" | "HISTOGRAM" | "SUMMARY" | "UNTYPED";
    readonly metrics: readonly {
      readonly value?: string;
      readonly labels?: { readonly [name: string]: string };
      readonly count?: string;
      readonly buckets?: { readonly [bound: string]: string };
    }[];
  }
  const parse: (text: string) => readonly Family[];
  export default parse;
}
