/** The parts of the books: customers have two, staff two more. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { useMay } from "../may";
import classes from "./sections.module.css";

export function Sections() {
  const { t } = useTranslation("ledger");
  const { staff } = useMay();
  const exact = {
    activeOptions: { exact: true, includeSearch: false },
    activeProps: { "aria-current": "page" as const },
  };
  return (
    <nav className={classes.sections} aria-label={t("sections.label")}>
      <Link to="/ledger" {...exact}>
        {t("sections.statement")}
      </Link>
      <Link to="/ledger/entries" {...exact}>
        {t("sections.entries")}
      </Link>
      {staff && (
        <>
          <Link to="/ledger/adjustments" {...exact}>
            {t("sections.adjustments")}
          </Link>
          <Link to="/ledger/reconciliations" {...exact}>
            {t("sections.reconciliations")}
          </Link>
        </>
      )}
    </nav>
  );
}
