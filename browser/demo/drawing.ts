/** The shop's pictures. A shape says where the clay is; a glaze says which colours it wears. */

import { svg } from "./element";
import { type Outline, type Plant, SHAPES, type Shape } from "./shapes";

const GLAZES = {
  sea: { glaze: "#5f8a93", clay: "#d9cbb6", backdrop: "#dfe7e3" },
  moss: { glaze: "#6f7f55", clay: "#cdb89a", backdrop: "#e4e6d6" },
  blush: { glaze: "#d9a08b", clay: "#efe0cf", backdrop: "#f3e1d6" },
  oat: { glaze: "#efe6d4", clay: "#b99b7a", backdrop: "#e3d8c6" },
  honey: { glaze: "#d39a4a", clay: "#b5704a", backdrop: "#f4e6c9" },
  ink: { glaze: "#2f3f4b", clay: "#8d7764", backdrop: "#d8dcdc" },
  rust: { glaze: "#a9532f", clay: "#d8bd9f", backdrop: "#f1ddcf" },
} as const;

export type Glaze = keyof typeof GLAZES;

const LEAF = "#56704f";
const LEAF_IN_LIGHT = "#6d8763";
const SHADE = "#3b2c1d";
const LIGHT = "#fffaf0";

/** Clip paths are found by id, and a page shows the same vessel more than once. */
let drawn = 0;

/** The colour a picture of that glaze stands in front of. */
export function backdropOf(glaze: Glaze): string {
  return GLAZES[glaze].backdrop;
}

/** Draws a vessel. It is decoration: its name always stands beside it. */
export function draw(shape: Shape, glaze: Glaze): SVGSVGElement {
  const outline: Outline = SHAPES[shape];
  const colours = GLAZES[glaze];
  drawn += 1;
  const clip = `vessel-${drawn}`;
  return svg(
    "svg",
    { viewBox: "0 0 200 200", class: "drawing", "aria-hidden": "true", focusable: "false" },
    svg("clipPath", { id: clip }, svg("path", { d: outline.body })),
    svg("ellipse", { cx: 100, cy: 168, rx: 66, ry: 7, fill: SHADE, opacity: 0.14 }),
    ...attachments(outline, colours.glaze),
    ...(outline.plant ? growth(outline.plant) : []),
    svg("path", { d: outline.body, fill: colours.clay }),
    svg("g", { "clip-path": `url(#${clip})` }, ...coat(outline, colours.glaze)),
    ...(outline.mouth ? opening(outline.mouth) : []),
    ...(outline.well ? rim(outline.well) : []),
  );
}

function attachments({ strokes = [], fills = [] }: Outline, colour: string): SVGElement[] {
  const stroke = { fill: "none", stroke: colour, "stroke-width": 10, "stroke-linecap": "round" };
  return [
    ...strokes.map((d) => svg("path", { d, ...stroke })),
    ...fills.map((d) => svg("path", { d, fill: colour })),
  ];
}

function growth({ stems, leaves }: Plant): SVGElement[] {
  return [
    ...stems.map((d) => svg("path", { d, fill: "none", stroke: LEAF, "stroke-width": 2.5 })),
    ...leaves.map((d, index) => svg("path", { d, fill: index % 2 === 0 ? LEAF : LEAF_IN_LIGHT })),
  ];
}

/** The glaze with its wavy edge, a light from the left and a shade on the right. */
function coat({ glazedTo }: Outline, colour: string): SVGElement[] {
  const edge = `M0 0 H200 V${glazedTo} q-12 10 -25 2 t-25 0 t-25 3 t-25 -3 t-25 2 t-25 -2 t-25 3 t-25 -5 Z`;
  return [
    svg("path", { d: edge, fill: colour }),
    svg("path", { d: "M124 0 Q144 110 122 200 H200 V0 Z", fill: SHADE, opacity: 0.09 }),
    svg("path", { d: "M72 0 Q58 110 74 200 H82 Q66 110 80 0 Z", fill: LIGHT, opacity: 0.24 }),
  ];
}

function opening(mouth: NonNullable<Outline["mouth"]>): SVGElement[] {
  const inner = { cy: mouth.cy + 0.5, rx: mouth.rx * 0.88, ry: mouth.ry * 0.72 };
  return [
    svg("ellipse", { cx: 100, ...mouth, fill: LIGHT, opacity: 0.55 }),
    svg("ellipse", { cx: 100, ...inner, fill: SHADE, opacity: 0.3 }),
  ];
}

function rim(well: NonNullable<Outline["well"]>): SVGElement[] {
  const line = { cx: 100, ...well, fill: "none", "stroke-width": 3 };
  return [
    svg("circle", { ...line, stroke: SHADE, opacity: 0.16 }),
    svg("circle", { ...line, r: well.r - 3, stroke: LIGHT, opacity: 0.3 }),
  ];
}
