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

// The preview beside the form of a post follows what is typed. Without this script its button still loads it.
document.addEventListener("DOMContentLoaded", () => {
  const frame = document.getElementById("preview-frame");
  const button = document.getElementById("preview-button");
  const status = document.getElementById("preview-status");
  if (!frame || !button) return;

  const WAIT = 600; // milliseconds after the last key
  const beside = window.matchMedia("(min-width: 90rem)"); // as in admin.css
  let timer = 0;
  let latest = 0;

  const shownMain = () => frame.contentDocument && frame.contentDocument.querySelector("main");

  function words() {
    const data = new FormData(button.form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    return data;
  }

  async function refresh() {
    const number = ++latest;
    try {
      const response = await fetch(button.formAction, { method: "POST", body: words() });
      if (!response.ok || response.redirected) throw new Error(response.statusText);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const main = shownMain();
      if (number !== latest || !main) return; // a later answer is on its way
      main.replaceWith(page.querySelector("main")); // only this: the frame keeps its scroll position
      status.textContent = "";
    } catch {
      status.textContent = status.dataset.failed;
    }
  }

  function soon() {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (shownMain() ? refresh() : beside.matches && button.form.requestSubmit(button)), WAIT);
  }

  button.form.addEventListener("input", soon);
  button.form.addEventListener("change", soon);
  button.form.addEventListener("markdownx.fileUploadEnd", soon, true); // it does not bubble
  if (beside.matches) button.form.requestSubmit(button);
});
