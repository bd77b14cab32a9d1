/** Who fills in a day means a period of their own. */
export function chooseOwnDays(): void {
  const own = document.querySelector<HTMLInputElement>('.report-period input[value="custom"]');
  for (const day of document.querySelectorAll('.report-period input[type="date"]')) {
    day.addEventListener("input", () => {
      if (own) own.checked = true;
    });
  }
}
