// A click on a poster puts the provider's player in its place. Without this script the link opens the video at home.
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
    frame.preload = "none"; // only what is played
    frame.setAttribute("aria-label", title);
    frame.src = file;
  } else {
    frame.title = title;
    // allow-same-origin is the provider's own origin, never ours; YouTube does not play without it.
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-presentation allow-popups");
    frame.allow = "fullscreen; picture-in-picture; encrypted-media; autoplay";
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.src = player;
    // What was focused was still the empty frame: once its page is there, the next press of Tab should lead into it.
    frame.addEventListener("load", () => document.activeElement === frame && frame.contentWindow.focus(), { once: true });
  }
  facade.replaceWith(frame);
  frame.focus();
  if (file) frame.play().catch(() => {}); // a browser that refuses shows its own button
});
