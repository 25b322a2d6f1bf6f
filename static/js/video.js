// A click on a facade replaces it with the player. Without this script the link opens the provider's page.
"use strict";

document.addEventListener("click", (event) => {
  const facade = event.target.closest("a[data-player], a[data-file]");
  const wantsNewTab = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!facade || wantsNewTab) return;
  event.preventDefault();
  const { player, file, title } = facade.dataset;
  const frame = document.createElement(file ? "video" : "iframe");
  frame.className = "video-frame";
  if (file) {
    frame.controls = true;
    frame.preload = "none"; // load only what is played
    frame.setAttribute("aria-label", title);
    frame.src = file;
  } else {
    frame.title = title;
    // allow-same-origin means the provider's own origin, not this site's; YouTube does not play without it.
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-presentation allow-popups");
    frame.allow = "fullscreen; picture-in-picture; encrypted-media; autoplay";
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.src = player;
    // frame.focus() below focuses the still empty frame. Once it has loaded, the next Tab should lead into the player.
    const focusPage = () => document.activeElement === frame && frame.contentWindow.focus();
    frame.addEventListener("load", focusPage, { once: true });
  }
  facade.replaceWith(frame);
  frame.focus();
  if (file) frame.play().catch(() => {}); // if the browser refuses, its own play button is shown
});
