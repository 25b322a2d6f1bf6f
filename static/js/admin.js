"use strict";

// The editor's own script makes Tab indent the text, so that nobody without a mouse gets out: it never hears of the key.
document.addEventListener("keydown", (event) => {
  if (event.key === "Tab" && event.target.matches(".markdownx-editor")) event.stopPropagation();
}, true);

// Below each editor a button for pictures: a file that is chosen goes the way of one that is dropped on the editor.
document.addEventListener("DOMContentLoaded", () => {
  const tools = document.getElementById("picture-tools");
  for (const editor of tools ? document.querySelectorAll(".markdownx-editor") : []) {
    editor.after(tools.content.cloneNode(true));
    const button = editor.nextElementSibling;
    const chooser = button.nextElementSibling;
    button.addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      const dataTransfer = new DataTransfer();
      for (const file of chooser.files) dataTransfer.items.add(file);
      chooser.value = "";
      editor.dispatchEvent(new DragEvent("drop", { dataTransfer }));
    });
  }
});

// The preview beside the form of a post follows what is typed, and so does the sentence under the words.
// Without this script its button still loads it.
document.addEventListener("DOMContentLoaded", () => {
  const frame = document.getElementById("preview-frame");
  const button = document.getElementById("preview-button");
  const status = document.getElementById("preview-status");
  const readersSee = document.getElementById("readers-see");
  if (!frame || !button) return;

  const WAIT = 600; // milliseconds after the last key
  const beside = window.matchMedia("(min-width: 90rem)"); // as in admin.css
  let timer = 0;
  let latest = 0;

  const shownMain = () => frame.contentDocument && frame.contentDocument.querySelector("main");

  // What stands under the words on that page, as text: its links would lead away from the form.
  function showSentence(page) {
    if (!readersSee) return;
    const lines = [...page.querySelectorAll(".passage > figcaption > p, .voice-guest > .tombstone")];
    const shown = lines.map((line) => Object.assign(document.createElement("p"), { textContent: line.textContent.trim() }));
    if (!shown.length) shown.push(Object.assign(document.createElement("p"), { textContent: "–" }));
    if (shown.map((line) => line.textContent).join("") !== readersSee.textContent) readersSee.replaceChildren(...shown);
  }

  // The preview shows stored files only: a film of half a gigabyte need not travel for it.
  let toPreview = false;
  button.form.addEventListener("submit", (event) => { toPreview = event.submitter === button; });
  button.form.addEventListener("formdata", (event) => toPreview && dropFiles(event.formData));

  function dropFiles(data) {
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    return data;
  }

  async function refresh() {
    const number = ++latest;
    try {
      const response = await fetch(button.formAction, { method: "POST", body: dropFiles(new FormData(button.form)) });
      if (!response.ok || response.redirected) throw new Error(response.statusText);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (number !== latest) return; // a later answer is on its way
      showSentence(page);
      shownMain()?.replaceWith(page.querySelector("main")); // only this: the frame keeps its scroll position
      status.textContent = "";
    } catch {
      status.textContent = status.dataset.failed;
    }
  }

  function soon() {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (beside.matches && !shownMain() ? load() : refresh()), WAIT);
  }

  const load = () => button.form.requestSubmit(button);

  button.form.addEventListener("input", soon);
  button.form.addEventListener("change", soon);
  button.form.addEventListener("markdownx.fileUploadEnd", soon, true); // it does not bubble
  frame.addEventListener("load", () => shownMain() && showSentence(frame.contentDocument));
  if (beside.matches) load();
  else refresh();
});

// A film that is too large is refused when it is chosen, not after it has travelled.
document.addEventListener("change", (event) => {
  const limit = Number(event.target.dataset.maxBytes);
  if (!limit) return;
  const isTooLarge = [...event.target.files].some((file) => file.size > limit);
  event.target.setCustomValidity(isTooLarge ? event.target.dataset.tooLarge : "");
  event.target.reportValidity();
});

// A film does not travel only to be sent back with a question: it is asked before.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.formTarget || form.elements.status?.value !== "published") return;
  for (const question of form.querySelectorAll("select[data-unanswered]")) {
    const film = form.elements[question.name.replace("ai_origin", "file")];
    if (question.value || !film?.files?.length) continue;
    event.preventDefault();
    question.setCustomValidity(question.dataset.unanswered);
    question.reportValidity();
    form.addEventListener("change", () => question.setCustomValidity(""), { once: true });
    return;
  }
});

// Django's choosers take no name from their labels: without one, a screen reader meets fields that say nothing.
function nameChoosers() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const name = select.labels[0]?.textContent.trim() || select.title;
    const parts = select.nextElementSibling.querySelectorAll(".select2-selection__rendered[role=textbox], .select2-search__field");
    for (const part of parts) part.setAttribute("aria-label", name);
  }
}
document.addEventListener("DOMContentLoaded", () => django.jQuery(nameChoosers)); // after Django, which makes them
document.addEventListener("formset:added", () => window.setTimeout(nameChoosers));
