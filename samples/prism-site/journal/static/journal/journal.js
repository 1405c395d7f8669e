// Dates as the reader's own language writes them.
for (const time of document.querySelectorAll("time[datetime]")) {
  time.textContent = new Date(time.dateTime).toLocaleDateString(undefined, { dateStyle: "long" });
}
