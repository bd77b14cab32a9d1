/** The shop's assistant: knows five subjects, and says so when it does not know. */

import { PRODUCTS, type Product, stockNote } from "./catalogue";
import { productUrl } from "./routes";

/** Where on the site an answer is found. */
export interface Source {
  title: string;
  url: string;
}

export interface Answer {
  text: string;
  answered: boolean;
  sources: Source[];
}

interface Subject {
  words: RegExp;
  text: string;
  source: Source;
}

const SUBJECTS: Subject[] = [
  {
    words: /deliver|\bship|arrive|postage|my order/i,
    text: "We post within two days. Standard takes 3 to 5 working days and is free from €60; express takes 1 to 2.",
    source: { title: "Delivery", url: "/demo/checkout.html" },
  },
  {
    words: /return|refund|money back|broke|crack|exchange/i,
    text: "Send it back within 30 days for any reason. If it arrived broken, a photo is enough: we send a new one.",
    source: { title: "Returns", url: "/demo/index.html#promises" },
  },
  {
    words: /dishwasher|microwave|oven|clean|wash|\bcare\b/i,
    text: "Everything is safe in dishwasher, microwave and oven up to 200 °C. Only sudden cold is unkind to it.",
    source: { title: "Care", url: "/demo/index.html#promises" },
  },
  {
    words: /\bwho\b|\bmade\b|where|open|visit/i,
    text: "Four of us make everything in Kinsale. Visit us Tuesday to Saturday, ten to five: 14 Quay Lane.",
    source: { title: "The workshop", url: "/demo/index.html#workshop" },
  },
];

/** Answers a question. The same question always gets the same answer. */
export function answer(question: string): Answer {
  const product = PRODUCTS.find(({ name }) => question.toLowerCase().includes(name.toLowerCase()));
  const subject = SUBJECTS.find(({ words }) => words.test(question));
  if (subject) return { text: subject.text, answered: true, sources: [subject.source] };
  if (product) return aboutStock(product);
  return {
    text: "I don't know that one, sorry. Write to hello@pipkin.example and a person will answer today.",
    answered: false,
    sources: [],
  };
}

function aboutStock(product: Product): Answer {
  return {
    text: `${product.name}: ${stockNote(product).toLowerCase()}. It measures ${product.size}.`,
    answered: true,
    sources: [{ title: product.name, url: productUrl(product) }],
  };
}
