// The visits that `record.mjs` makes: each is somebody with an aim, or without one.

import { devices } from "@playwright/test";

const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { ...devices["Pixel 7"], viewport: { width: 390, height: 844 } };

/** By name: what the browser looks like, where the visit starts, and what happens. */
export const VISITS = {
  "buys-a-mug": { browser: DESKTOP, path: "index.html", visit: buysAMug },
  "card-declined": { browser: DESKTOP, path: "account.html", visit: cardDeclined },
  "asks-the-chat": { browser: DESKTOP, path: "index.html", visit: asksTheChat },
  "browses-on-a-phone": { browser: PHONE, path: "index.html", visit: browsesOnAPhone },
  "gives-up": { browser: DESKTOP, path: "index.html", visit: givesUp },
};

async function buysAMug(visitor) {
  await visitor.pause(2500);
  await visitor.scroll(700);
  await visitor.point(visitor.link(/Reed vase/));
  await visitor.pause(1500);
  await visitor.scroll(500);
  await visitor.pause(2500);
  await visitor.click(visitor.link("See the pieces"));
  await visitor.scroll(600);
  await visitor.pause(1500);
  await visitor.click(visitor.link(/Harbour mug/));
  await visitor.pause(3000);
  await visitor.click(visitor.button("One Harbour mug more"));
  await visitor.click(visitor.button("Add to cart"));
  await visitor.click(visitor.link("Tea & coffee"));
  await visitor.pause(1200);
  await visitor.click(visitor.link(/Two-cup teapot/));
  await visitor.pause(2500);
  await visitor.click(visitor.button("Add to cart"));
  await visitor.click(visitor.link("Go to cart"));
  await visitor.pause(2000);
  await visitor.click(visitor.link("Check out"));
  await fillAddress(visitor, "Nora Wilde", "nora.wilde@example.com");
  await visitor.click(visitor.field("Express 1 to 2 working days, €9.90"));
  await visitor.pause(1200);
  await visitor.click(visitor.field("Standard 3 to 5 working days, €4.90, free from €60"));
  await visitor.type(
    visitor.field("Gift note optional, written by hand"),
    "For the first cup in the new flat.",
  );
  await fillCard(visitor, "4242424242424242");
  await visitor.pause(1500);
  await visitor.click(visitor.button(/^Pay/));
  await visitor.page.waitForURL("**/thanks.html");
  await visitor.pause(4000);
}

async function cardDeclined(visitor) {
  await visitor.type(visitor.field("E-mail"), "jonas.berg@example.com");
  await visitor.type(visitor.field("Password"), "kettle-and-kiln-9");
  await visitor.click(visitor.button("Show password"));
  await visitor.pause(1200);
  await visitor.click(visitor.button("Show password"));
  await visitor.type(visitor.field("One-time code"), "482913");
  await visitor.click(visitor.button("Sign in"));
  await visitor.pause(1500);
  await visitor.click(visitor.link("Keep looking"));
  await visitor.click(visitor.link("Vases"));
  await visitor.pause(1500);
  await visitor.click(visitor.link(/Bud vase/));
  await visitor.pause(2000);
  await visitor.click(visitor.button("Add to cart"));
  await visitor.click(visitor.link("Go to cart"));
  await visitor.click(visitor.link("Check out"));
  await fillAddress(visitor, "Jonas Berg", "jonas.berg@example.com");
  await fillCard(visitor, "4000000000000002");
  await visitor.click(visitor.button(/^Pay/));
  await visitor.text("Declined by the bank").waitFor();
  await visitor.pause(3500);
  await fillCard(visitor, "4242424242424242");
  await visitor.click(visitor.button(/^Pay/));
  await visitor.page.waitForURL("**/thanks.html");
  await visitor.pause(3500);
}

async function asksTheChat(visitor) {
  await visitor.pause(2000);
  await visitor.scroll(600);
  await visitor.pause(1500);
  await visitor.click(visitor.button("Chat with us"));
  await visitor.pause(1200);
  await ask(visitor, "How long does delivery take?");
  await visitor.click(visitor.button("Helpful"));
  await visitor.click(visitor.link(/Harbour mug/));
  await visitor.pause(2500);
  await ask(visitor, "Do you teach classes for children?");
  await visitor.pause(1500);
  await visitor.click(visitor.button("Not helpful").last());
  await visitor.click(visitor.button("Chat with us"));
  await visitor.pause(2500);
  await visitor.scroll(500);
  await visitor.pause(2500);
}

async function browsesOnAPhone(visitor) {
  await visitor.pause(2000);
  await visitor.scroll(600);
  await visitor.pause(2500);
  await visitor.scroll(-600);
  await visitor.click(visitor.link("See the pieces"));
  await visitor.scroll(500);
  await visitor.pause(1500);
  await visitor.scroll(500);
  await visitor.pause(2000);
  await visitor.click(visitor.link("Vases"));
  await visitor.pause(1500);
  await visitor.click(visitor.link(/Reed vase/));
  await visitor.scroll(400);
  await visitor.pause(3000);
  await visitor.page.goBack();
  await visitor.pause(1500);
  await visitor.click(visitor.link("Planters"));
  await visitor.pause(1200);
  await visitor.click(visitor.link(/Windowsill pot/));
  await visitor.pause(1500);
  await visitor.scroll(450);
  await visitor.pause(2500);
  await visitor.click(visitor.button("Add to cart"));
  await visitor.pause(1500);
  await visitor.page.goBack();
  await visitor.pause(1200);
  await visitor.page.goBack();
  await visitor.pause(1500);
  await visitor.click(visitor.link(/^Cart/));
  await visitor.pause(1500);
  await visitor.click(visitor.button("One Windowsill pot more"));
  await visitor.scroll(300);
  await visitor.pause(4000);
}

async function givesUp(visitor) {
  const shelf = visitor.page.locator("shop-shelf .drawing");
  await visitor.pause(1500);
  await visitor.click(shelf.nth(0));
  await visitor.pause(1200);
  await visitor.click(shelf.nth(2));
  await visitor.pause(1500);
  await visitor.click(visitor.link("Shop"));
  await visitor.click(visitor.link(/Moon jar/));
  await visitor.pause(1500);
  await visitor.rage(visitor.text("Sold out"), 8);
  await visitor.pause(1500);
  await visitor.click(visitor.link(/Bud vase/));
  await visitor.click(visitor.button("Add to cart"));
  await visitor.click(visitor.link("Go to cart"));
  await visitor.click(visitor.link("Check out"));
  await visitor.pause(1500);
  await visitor.click(visitor.button(/^Pay/));
  await visitor.pause(2500);
  await visitor.type(visitor.field("Full name"), "P. Marsh");
  await visitor.type(visitor.field("E-mail"), "p.marsh at example");
  await visitor.type(visitor.field("Street and number"), "Mill Road 9");
  await visitor.click(visitor.button(/^Pay/));
  await visitor.pause(2500);
  await visitor.type(visitor.field("E-mail"), "p.marsh@example");
  await visitor.type(visitor.field("Card number"), "4242 4242 4242");
  await visitor.type(visitor.field("Expiry"), "1122");
  await visitor.rage(visitor.button(/^Pay/), 6);
  await visitor.pause(3000);
  await visitor.scroll(-800);
  await visitor.pause(2500);
}

async function ask(visitor, question) {
  await visitor.type(visitor.field("Your question"), question);
  await visitor.click(visitor.button("Send"));
  await visitor.pause(4500);
}

async function fillAddress(visitor, name, email) {
  await visitor.pause(1000);
  await visitor.type(visitor.field("Full name"), name);
  await visitor.type(visitor.field("E-mail"), email);
  await visitor.type(visitor.field("Street and number"), "Lindenweg 12");
  await visitor.type(visitor.field("Postcode"), "20259");
  await visitor.type(visitor.field("Town or city"), "Hamburg");
  await visitor.choose(visitor.field("Country"), "Germany");
}

async function fillCard(visitor, number) {
  await visitor.type(visitor.field("Card number"), number);
  await visitor.type(visitor.field("Expiry"), "0829");
  await visitor.type(visitor.field("Security code"), "737");
}
