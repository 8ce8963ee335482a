// Keeps what is under way on a page current. The page itself marks what moves: elements with `data-live` are replaced by what
// the server shows now, as long as the page holds something with `data-running`, and a little longer. So a reload shows the same, and without
// JavaScript the page asks for itself again.

const everyMilliseconds = 2000;

/** What a sync finds out about its connection may show a moment after the sync itself has ended. */
const looksAfterwards = 5;

let looksLeft = 0;

function isRunning(root: ParentNode): boolean {
  return root.querySelector("[data-running]") !== null;
}

/** Replaces every live element by its newer self; one that holds the focus stays, so that nobody loses their place. */
function take(newer: Document): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-live]")) {
    // Replaced a moment ago, with what is around it.
    if (!element.isConnected) continue;
    const successor = newer.getElementById(element.id);
    if (successor === null) {
      // An entry of a list comes and goes with the list.
      if (element.parentElement?.closest("[data-live]")) continue;
      // What it belongs to is gone, such as a connection that has ended: the page around it is another one now.
      location.reload();
      return;
    }
    if (successor.outerHTML === element.outerHTML) continue;
    if (element.contains(document.activeElement)) continue;
    element.replaceWith(document.adoptNode(successor));
  }
}

async function look(): Promise<void> {
  if (document.visibilityState === "visible") {
    try {
      const response = await fetch(location.href, { headers: { accept: "text/html" } });
      // The session has ended, or the page is gone: what is shown stays, and nothing asks any more.
      if (!response.ok) return;
      take(new DOMParser().parseFromString(await response.text(), "text/html"));
    } catch {
      // The network is away for a moment; the next look finds out.
    }
  }
  goOn();
}

function goOn(): void {
  looksLeft = isRunning(document) ? looksAfterwards : looksLeft - 1;
  if (looksLeft > 0) setTimeout(look, everyMilliseconds);
}

// What was just asked for may not have begun when the page was made.
if (new URLSearchParams(location.search).has("done")) looksLeft = looksAfterwards + 1;
goOn();
