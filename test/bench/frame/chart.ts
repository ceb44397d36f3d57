/** Curves as SVG, drawn without a browser: the same points give the same bytes. */
import { LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([LineChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

export interface Axis {
  readonly name: string;
  readonly min?: number;
  readonly max?: number;
}

export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Curves {
  readonly title: string;
  /** What was measured, in a line. */
  readonly subtitle?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly curves: readonly Curve[];
  /** A vertical line, for example where a guarantee ends. */
  readonly mark?: { readonly x: number; readonly name: string };
}

const WIDTH = 720;
const HEIGHT = 440;
/** Okabe and Ito, "Color Universal Design" (2008): colours that most people can tell apart; symbols tell them apart in print. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const SYMBOLS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect", "emptyTriangle"];

/** The curves as one SVG document. */
export const drawCurves = ({ title, subtitle, x, y, curves, mark }: Curves): string => {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  const axis = ({ name, min, max }: Axis) => ({
    type: "value" as const,
    name,
    nameLocation: "middle" as const,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: COLOURS,
    title: {
      text: title,
      left: "center",
      textStyle: { fontSize: 15 },
      ...(subtitle === undefined ? {} : { subtext: subtitle, subtextStyle: { color: "#444444" } }),
    },
    // Widths of texts are guessed where there is no page, so there is room between them.
    legend: { bottom: 0, itemGap: 32, data: curves.map(({ name }) => name) },
    grid: { left: 70, right: 30, top: 70, bottom: 105 },
    xAxis: { ...axis(x), nameGap: 28 },
    yAxis: { ...axis(y), nameGap: 45 },
    series: curves.map(({ name, points }, i) => ({
      type: "line" as const,
      name,
      data: points.map((point) => [...point]),
      symbol: SYMBOLS[i % SYMBOLS.length] ?? "circle",
      symbolSize: 7,
      ...(i > 0 || mark === undefined
        ? {}
        : {
            markLine: {
              symbol: "none",
              silent: true,
              lineStyle: { color: "#666666", type: "dashed" as const },
              label: { formatter: mark.name, color: "#666666" },
              data: [{ xAxis: mark.x }],
            },
          }),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // For who cannot see it.
  return plain(svg).replace(">", `>\n<title>${escaped(title)}</title>`);
};

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Without what only a page needs (hovering), and with names that do not tell how many charts this process has drawn before. */
const plain = (svg: string): string => {
  const names = new Map<string, string>();
  const rename = (name: string): string => {
    const known = names.get(name) ?? `clip-${names.size}`;
    names.set(name, known);
    return known;
  };
  return svg
    .replace(/<style[\s\S]*?<\/style>\n?/g, "")
    .replace(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, "")
    .replace(/\bzr\d+-\w+/g, rename)
    .concat("\n");
};
