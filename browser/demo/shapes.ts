/**
 * The outlines of what the shop draws, in a box of 200 by 200. Everything
 * stands on the line y = 168.
 */

export interface Outline {
  /** The silhouette. */
  body: string;
  /** Down to where the glaze runs. */
  glazedTo: number;
  /** The opening, seen slightly from above. */
  mouth?: { cy: number; rx: number; ry: number };
  /** For what is seen from the front: the circle where a plate turns up into its rim. */
  well?: { cy: number; r: number };
  /** Handles: strokes in the colour of the glaze, behind the body. */
  strokes?: readonly string[];
  /** Spouts and lids: filled in the colour of the glaze, behind the body. */
  fills?: readonly string[];
  /** What grows out of it. */
  plant?: Plant;
}

export interface Plant {
  stems: readonly string[];
  leaves: readonly string[];
}

export type Shape = keyof typeof SHAPES;

const REEDS: Plant = {
  stems: ["M98 60 Q92 30 78 8", "M101 60 Q103 28 100 2", "M104 60 Q112 34 126 14"],
  leaves: [
    "M84 22 q-16 2 -22 14 q16 4 22 -14",
    "M102 18 q14 -4 20 6 q-12 8 -20 -6",
    "M116 28 q14 -8 24 0 q-10 12 -24 0",
  ],
};

const BUD: Plant = {
  stems: ["M100 74 Q97 46 104 24"],
  leaves: ["M100 54 q-18 -2 -24 -14 q18 -4 24 14", "M104 28 q-14 -14 0 -26 q14 12 0 26"],
};

const FERN: Plant = {
  stems: [],
  leaves: [
    "M100 102 Q58 84 46 42 Q92 58 100 102",
    "M100 102 Q76 58 92 16 Q116 58 100 102",
    "M100 102 Q106 52 148 32 Q146 84 100 102",
    "M100 102 Q62 104 36 86 Q74 74 100 102",
    "M100 102 Q130 76 166 82 Q142 106 100 102",
  ],
};

const HERBS: Plant = {
  stems: ["M90 114 Q84 84 74 66", "M100 114 V54", "M110 114 Q116 86 128 70"],
  leaves: [
    "M74 66 q-16 0 -18 -14 q16 -2 18 14",
    "M80 86 q-18 2 -22 -10 q16 -6 22 10",
    "M100 56 q-12 -10 0 -24 q12 14 0 24",
    "M100 80 q-16 -2 -18 -14 q16 -2 18 14",
    "M100 80 q16 -2 18 -14 q-16 -2 -18 14",
    "M128 70 q0 -16 16 -18 q2 16 -16 18",
    "M119 92 q16 2 22 -10 q-16 -6 -22 10",
  ],
};

const BLADES: Plant = {
  stems: [],
  leaves: [
    "M86 92 Q70 50 62 30 Q86 48 96 92 Z",
    "M92 92 Q84 40 92 4 Q108 40 104 92 Z",
    "M102 92 Q104 44 124 16 Q128 58 114 92 Z",
    "M110 92 Q120 68 144 52 Q138 78 120 92 Z",
    "M90 92 Q78 74 52 64 Q64 86 80 92 Z",
  ],
};

export const SHAPES = {
  mug: {
    body: "M56 84 H136 V140 Q136 168 110 168 H82 Q56 168 56 140 Z",
    glazedTo: 132,
    mouth: { cy: 84, rx: 40, ry: 9 },
    strokes: ["M132 98 h10 q22 0 22 21 t-22 21 h-8"],
  },
  tumbler: {
    body: "M62 80 H138 L130 156 Q129 168 117 168 H83 Q71 168 70 156 Z",
    glazedTo: 124,
    mouth: { cy: 80, rx: 38, ry: 8 },
  },
  teapot: {
    body: "M62 96 Q100 78 138 96 Q156 112 152 136 Q146 168 116 168 H84 Q54 168 48 136 Q44 112 62 96 Z",
    glazedTo: 142,
    strokes: ["M64 98 Q66 46 100 46 T136 98"],
    fills: [
      "M142 132 Q166 128 170 96 L184 92 Q184 146 144 154 Z",
      "M72 92 Q100 70 128 92 Z",
      "M93 78 a7 7 0 1 1 14 0 Z",
    ],
  },
  jug: {
    body: "M66 62 L56 54 Q98 58 128 62 Q126 84 136 106 Q146 130 138 152 Q133 168 116 168 H84 Q67 168 62 152 Q54 130 64 106 Q72 84 66 62 Z",
    glazedTo: 120,
    strokes: ["M127 74 Q168 70 164 104 Q160 130 138 134"],
  },
  bowl: {
    body: "M36 100 H164 Q162 148 122 158 L120 168 H80 L78 158 Q38 148 36 100 Z",
    glazedTo: 134,
    mouth: { cy: 100, rx: 64, ry: 12 },
  },
  deepBowl: {
    body: "M36 82 H164 Q166 136 124 158 L122 168 H78 L76 158 Q34 136 36 82 Z",
    glazedTo: 120,
    mouth: { cy: 82, rx: 64, ry: 13 },
    strokes: ["M112 76 L176 30", "M122 80 L182 42"],
  },
  plate: {
    body: "M36 104 a64 64 0 1 1 128 0 a64 64 0 1 1 -128 0 Z",
    glazedTo: 132,
    well: { cy: 104, r: 44 },
  },
  sidePlate: {
    body: "M48 116 a52 52 0 1 1 104 0 a52 52 0 1 1 -104 0 Z",
    glazedTo: 126,
    well: { cy: 116, r: 34 },
  },
  bottle: {
    body: "M91 72 H109 V98 Q140 108 140 138 Q140 168 112 168 H88 Q60 168 60 138 Q60 108 91 98 Z",
    glazedTo: 136,
    mouth: { cy: 72, rx: 9, ry: 3 },
    plant: BUD,
  },
  vase: {
    body: "M84 58 H116 Q112 74 126 88 Q140 104 136 126 L128 158 Q126 168 116 168 H84 Q74 168 72 158 L64 126 Q60 104 74 88 Q88 74 84 58 Z",
    glazedTo: 122,
    mouth: { cy: 58, rx: 16, ry: 4 },
    plant: REEDS,
  },
  moon: {
    body: "M78 58 H122 Q166 76 166 116 Q166 152 122 168 H78 Q34 152 34 116 Q34 76 78 58 Z",
    glazedTo: 154,
    mouth: { cy: 58, rx: 22, ry: 5 },
  },
  pot: {
    body: "M56 100 H144 V118 H140 L132 160 Q130 168 122 168 H78 Q70 168 68 160 L60 118 H56 Z",
    glazedTo: 128,
    plant: FERN,
  },
  smallPot: {
    body: "M66 112 H134 L128 158 H142 V162 Q142 168 136 168 H64 Q58 168 58 162 V158 H72 Z",
    glazedTo: 134,
    plant: HERBS,
  },
  planter: {
    body: "M62 90 H138 Q146 130 128 154 L136 168 H124 L118 160 H82 L76 168 H64 L72 154 Q54 130 62 90 Z",
    glazedTo: 146,
    plant: BLADES,
  },
} as const satisfies Record<string, Outline>;
