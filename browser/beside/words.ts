/** What the notice says, in the languages that the widget speaks. */

export interface Words {
  text: string;
  yes: string;
  no: string;
  privacy: string;
}

const WORDS: Record<string, Words> = {
  en: {
    text: "May we record how you use this site, so that we can improve it? You can change your answer at any time.",
    yes: "Yes",
    no: "No",
    privacy: "Privacy",
  },
  de: {
    text: "Dürfen wir aufzeichnen, wie Sie diese Website nutzen, um sie zu verbessern? Sie können Ihre Antwort jederzeit ändern.",
    yes: "Ja",
    no: "Nein",
    privacy: "Datenschutz",
  },
  fr: {
    text: "Pouvons-nous enregistrer votre utilisation de ce site afin de l’améliorer ? Vous pouvez changer d’avis à tout moment.",
    yes: "Oui",
    no: "Non",
    privacy: "Confidentialité",
  },
  es: {
    text: "¿Podemos grabar cómo usa este sitio para mejorarlo? Puede cambiar su respuesta en cualquier momento.",
    yes: "Sí",
    no: "No",
    privacy: "Privacidad",
  },
  ja: {
    text: "サイト改善のため、このサイトのご利用の様子を記録してもよろしいですか？ご回答はいつでも変更できます。",
    yes: "はい",
    no: "いいえ",
    privacy: "プライバシー",
  },
  ar: {
    text: "هل تسمح لنا بتسجيل كيفية استخدامك لهذا الموقع لكي نحسّنه؟ يمكنك تغيير إجابتك في أي وقت.",
    yes: "نعم",
    no: "لا",
    privacy: "الخصوصية",
  },
};

/** The language that was asked for, else that of the page, else the browser's first one we know. */
export function chooseWords(wanted: string): { tag: string; words: Words } {
  const candidates = [wanted, document.documentElement.lang, ...navigator.languages, "en"];
  for (const tag of candidates) {
    const words = WORDS[tag.toLowerCase().split(/[-_]/)[0] ?? ""];
    if (words) return { tag, words };
  }
  throw new Error("English is always known");
}
