"use strict";
{
  const announcement = document.getElementById("announcement");
  if (navigator.clipboard) {
    for (const code of document.querySelectorAll("code.copy")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      button.setAttribute("aria-label", `Copy ${code.textContent}`);
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(code.textContent);
          button.textContent = "Copied";
          announcement.textContent = `Copied ${code.textContent}`;
        } catch {
          button.textContent = "Select it";
          getSelection().selectAllChildren(code);
        }
      });
      code.after(button);
    }
  }
}
