/** The account page: a sign-in form that accepts anybody, and what stands there afterwards. */

import * as session from "./account-session";
import { element } from "./element";
import { Checks, fieldOf, filled, isEmail, matching } from "./field";
import { recorder } from "./recording";

const CHECKS = {
  email: isEmail,
  password: filled("Enter your password"),
  code: matching(/^\d{6}$/, "Enter the 6 digits that your app shows"),
};

export function account(form: HTMLFormElement): void {
  const email = session.email();
  if (email) {
    greet(form, email);
    return;
  }
  const checks = new Checks(form, CHECKS);
  addPasswordToggle(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (checks.pass()) signIn(form);
  });
}

function signIn(form: HTMLFormElement): void {
  const email = fieldOf(form, "email").value.trim();
  session.signIn(email);
  recorder()?.identify(email, { email });
  greet(form, email);
}

function greet(form: HTMLFormElement, email: string): void {
  const click = () => {
    session.signOut();
    location.reload();
  };
  form.replaceWith(
    element(
      "section",
      { class: "panel", "aria-live": "polite" },
      element("h2", {}, "Good to see you"),
      element("p", {}, `You are signed in as ${email}.`),
      element("p", {}, "You have no orders on the way. The kiln is being loaded for Thursday."),
      element("p", {}, element("a", { class: "button", href: "/demo/products.html" }, "Keep looking")),
      element("p", {}, element("button", { type: "button", class: "link-button", click }, "Sign out")),
    ),
  );
}

function addPasswordToggle(form: HTMLFormElement): void {
  const password = fieldOf(form, "password") as HTMLInputElement;
  const toggle = form.querySelector<HTMLButtonElement>("[data-show-password]");
  toggle?.addEventListener("click", () => {
    const shown = password.type === "text";
    password.type = shown ? "password" : "text";
    toggle.setAttribute("aria-pressed", String(!shown));
    toggle.textContent = shown ? "Show" : "Hide";
  });
}
