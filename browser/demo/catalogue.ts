/** What the shop sells. */

import type { Glaze } from "./drawing";
import type { Shape } from "./shapes";

export const CATEGORIES = {
  tea: "Tea & coffee",
  table: "Table",
  vases: "Vases",
  planters: "Planters",
} as const;

export type Category = keyof typeof CATEGORIES;

/** How to live with a piece of that kind. */
export const CARE: Record<Category, string> = {
  tea: "Dishwasher and microwave safe",
  table: "Dishwasher, microwave and oven safe",
  vases: "Rinse by hand, dry before storing",
  planters: "Has a drainage hole; saucer included",
};

export interface Product {
  id: string;
  name: string;
  category: Category;
  /** In cents. */
  price: number;
  /** One line for the card. */
  line: string;
  /** A paragraph for the product's own page. */
  story: string;
  size: string;
  /** Pieces on the shelf; 0 is sold out. */
  stock: number;
  shape: Shape;
  glaze: Glaze;
}

export const PRODUCTS: readonly Product[] = [
  {
    id: "harbour-mug",
    name: "Harbour mug",
    category: "tea",
    price: 2800,
    line: "For the first coffee, and the second.",
    story:
      "Wide enough for cold hands, thin at the lip. The blue breaks to grey where the glaze runs off the edge, so no two are alike.",
    size: "9 cm tall, 350 ml",
    stock: 34,
    shape: "mug",
    glaze: "sea",
  },
  {
    id: "two-cup-teapot",
    name: "Two-cup teapot",
    category: "tea",
    price: 7400,
    line: "Pours without a drip. We checked.",
    story:
      "A round pot with a proper spout and a strainer pressed from the same clay. Holds two generous cups, or one long afternoon.",
    size: "13 cm tall, 650 ml",
    stock: 9,
    shape: "teapot",
    glaze: "moss",
  },
  {
    id: "dawn-tumbler",
    name: "Dawn tumbler",
    category: "tea",
    price: 2200,
    line: "No handle, no hurry.",
    story: "A straight tumbler in a blush glaze that is matt outside and glossy inside. Stacks three high.",
    size: "8 cm tall, 240 ml",
    stock: 51,
    shape: "tumbler",
    glaze: "blush",
  },
  {
    id: "milk-jug",
    name: "Milk jug",
    category: "tea",
    price: 3600,
    line: "Small, sturdy, good with flowers too.",
    story: "The jug we make for ourselves: a handle for three fingers and a lip that cuts the stream clean.",
    size: "12 cm tall, 400 ml",
    stock: 17,
    shape: "jug",
    glaze: "oat",
  },
  {
    id: "porridge-bowl",
    name: "Porridge bowl",
    category: "table",
    price: 3200,
    line: "Deep, warm and hard to tip over.",
    story: "A low foot and thick walls keep breakfast warm. Oven-safe, should the porridge become a crumble.",
    size: "15 cm across, 600 ml",
    stock: 28,
    shape: "bowl",
    glaze: "honey",
  },
  {
    id: "noodle-bowl",
    name: "Noodle bowl",
    category: "table",
    price: 3800,
    line: "Room for broth, noodles and an egg.",
    story:
      "High sides, and a notch where chopsticks rest. Dark outside, pale inside, so that dinner looks its best.",
    size: "18 cm across, 1.1 l",
    stock: 22,
    shape: "deepBowl",
    glaze: "ink",
  },
  {
    id: "supper-plate",
    name: "Supper plate",
    category: "table",
    price: 3400,
    line: "Half dipped, flat, friendly.",
    story: "A generous plate with a rim just high enough for sauce. The bare half is the clay itself.",
    size: "26 cm across",
    stock: 40,
    shape: "plate",
    glaze: "oat",
  },
  {
    id: "side-plate",
    name: "Side plate",
    category: "table",
    price: 2400,
    line: "For toast, cake and apologies.",
    story: "The small sister of the supper plate, dipped in a rust glaze that pools at the rim.",
    size: "18 cm across",
    stock: 36,
    shape: "sidePlate",
    glaze: "rust",
  },
  {
    id: "bud-vase",
    name: "Bud vase",
    category: "vases",
    price: 2600,
    line: "One stem is plenty.",
    story: "A narrow neck that makes a single tulip look chosen. Weighted at the foot.",
    size: "14 cm tall",
    stock: 19,
    shape: "bottle",
    glaze: "blush",
  },
  {
    id: "reed-vase",
    name: "Reed vase",
    category: "vases",
    price: 5800,
    line: "Tall, for branches and grasses.",
    story:
      "Thrown in two parts and joined while soft: look for the line at the shoulder. Holds water, and its balance.",
    size: "28 cm tall",
    stock: 6,
    shape: "vase",
    glaze: "sea",
  },
  {
    id: "moon-jar",
    name: "Moon jar",
    category: "vases",
    price: 9600,
    line: "Almost round, on purpose.",
    story:
      "Two bowls joined at the waist and fired for thirty hours. We open the kiln for these four times a year.",
    size: "22 cm tall",
    stock: 0,
    shape: "moon",
    glaze: "oat",
  },
  {
    id: "windowsill-pot",
    name: "Windowsill pot",
    category: "planters",
    price: 3000,
    line: "For herbs that want to live.",
    story:
      "Unglazed below, so that roots can breathe; glazed above, so that it wipes clean. Comes with its saucer.",
    size: "12 cm across",
    stock: 45,
    shape: "smallPot",
    glaze: "honey",
  },
  {
    id: "fern-pot",
    name: "Fern pot",
    category: "planters",
    price: 4400,
    line: "A broad home for something leafy.",
    story: "A wide pot in moss green with a hole, a saucer and room for two years of growing.",
    size: "18 cm across",
    stock: 3,
    shape: "pot",
    glaze: "moss",
  },
  {
    id: "hall-planter",
    name: "Hall planter",
    category: "planters",
    price: 8800,
    line: "Stands by the door, says welcome.",
    story: "Our largest pot, and one of the last that still takes two people to lift out of the kiln.",
    size: "26 cm across",
    stock: 5,
    shape: "planter",
    glaze: "ink",
  },
];

/** What the home page shows first. */
export const FEATURED = ["harbour-mug", "two-cup-teapot", "reed-vase", "fern-pot"].map(mustFind);

export function findProduct(id: string): Product | undefined {
  return PRODUCTS.find((product) => product.id === id);
}

export function isCategory(name: string): name is Category {
  return Object.hasOwn(CATEGORIES, name);
}

/** Says how many are left, when that is worth saying. */
export function stockNote(product: Product): string {
  if (product.stock === 0) return "Sold out until the next firing";
  return product.stock < 10 ? `Only ${product.stock} left` : "In stock";
}

function mustFind(id: string): Product {
  const product = findProduct(id);
  if (!product) throw new Error(`no product ${id}`);
  return product;
}
