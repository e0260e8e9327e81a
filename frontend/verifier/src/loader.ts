/**
 * What a lot's page loads: a button, and nothing more until it is pressed. Under one kilobyte.
 */

/** The address of the checker, and what the button says by language: `build.mjs` knows them. */
declare const VERIFIER: string;
declare const PRESS: Record<string, readonly [string, string]>;

interface Checker {
  mount(box: HTMLElement): Promise<void>;
}

const [press, failed] = PRESS[document.documentElement.lang.slice(0, 2)] ?? PRESS["en"] ?? ["", ""];
for (const box of document.querySelectorAll<HTMLElement>('[data-module="verifier"]')) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = press;
  button.onclick = async () => {
    button.disabled = true;
    try {
      await ((await import(VERIFIER)) as Checker).mount(box);
    } catch {
      button.disabled = false;
      button.after(` ${failed}`);
    }
  };
  box.append(button);
}
