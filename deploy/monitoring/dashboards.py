"""Writes the Grafana dashboards in `dashboards/` from what stands here: python deploy/monitoring/dashboards.py"""

import json
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "dashboards"
_WIDTH, _HEIGHT = 24, 8
_SOURCE = {"type": "prometheus", "uid": "${source}"}


class Panel(NamedTuple):
    """A graph (or, with `now`, figures of this moment): each query with what its lines are called."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    says: str = ""
    now: bool = False
    width: int = 8


def _share(of: str, all_of: str) -> str:
    return f"(({of}) or vector(0)) / ({all_of})"


def _quantile(q: float, histogram: str, by: str = "", where: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) (rate({histogram}_bucket{{{where}}}[$__rate_interval])))"


def _rate(counter: str, by: str = "", where: str = "") -> str:
    grouped = f" by ({by}) " if by else ""
    return f"sum{grouped}(rate({counter}{{{where}}}[$__rate_interval]))"


def _or_none(query: str) -> str:
    return f"{query} or vector(0)"


_READS = 'method="GET", handler!="/v1/stream"'
_OURS = "http_requests_total"
_CALLS = "entrega_carrier_calls_total"
_BAD = 'outcome!~"ok|carrier_rejected|cancelled"'
_HANDLER = 'handler!="/v1/stream"'

DASHBOARDS: dict[str, tuple[str, tuple[Panel, ...]]] = {
    "service": ("Service", (
        Panel("Availability, 30 days of budget at 99.9 %", "percentunit",
              (("1 - entrega:http_errors:ratio_rate1h", "served, of the last hour"),), now=True, width=6),
        Panel("Processes that do not answer", "none", (("count(up == 0) or vector(0)", "down"),), now=True, width=6),
        Panel("Live streams", "none", (("sum(entrega_streams)", "open"),), now=True, width=6),
        Panel("Alerts", "none", ((_or_none('count(ALERTS{alertstate="firing"})'), "firing"),), now=True, width=6),
        Panel("Requests", "reqps", ((_rate(_OURS, "status"), "{{status}}"),)),
        Panel("Failing requests", "percentunit", (
            ("entrega:http_errors:ratio_rate5m", "5 minutes"), ("entrega:http_errors:ratio_rate1h", "an hour"),
            ("entrega:http_errors:ratio_rate6h", "6 hours"),
        ), "Pages at 1.44 % over an hour, or 0.6 % over six."),
        Panel("Reads slower than half a second", "percentunit", (
            ("entrega:http_slow_reads:ratio_rate5m", "5 minutes"), ("entrega:http_slow_reads:ratio_rate1h", "an hour"),
        )),
        Panel("How long requests take", "s", (
            (_quantile(0.5, "http_request_duration_highr_seconds"), "half"),
            (_quantile(0.95, "http_request_duration_highr_seconds"), "95 %"),
            (_quantile(0.99, "http_request_duration_highr_seconds"), "99 %"),
        ), "Live streams, which last minutes, are among them: see the slowest routes beside."),
        Panel("Slowest routes", "s", (
            (f"topk(10, {_rate('http_request_duration_seconds_sum', 'handler, method', _HANDLER)}"
             f" / {_rate('http_request_duration_seconds_count', 'handler, method', _HANDLER)})",
             "{{method}} {{handler}}"),
        )),
        Panel("Failing routes", "reqps", (
            (_or_none(_rate(_OURS, "handler, method", 'status="5xx"')), "{{method}} {{handler}}"),
        )),
        Panel("Memory", "bytes", (("process_resident_memory_bytes", "{{job}} {{instance}}"),)),
        Panel("Processor", "percentunit",
              (("rate(process_cpu_seconds_total[$__rate_interval])", "{{job}} {{instance}}"),)),
        Panel("Certificates: life left", "percentunit",
              ((_or_none("entrega:certificate_life_left:ratio"), "{{job}} {{certificate}}"),)),
        Panel("Since the last whole backup, and since what is not in any", "s", (
            (_or_none("time() - max(entrega_backup_last_success_timestamp_seconds)"), "whole backup"),
            (_or_none("time() - max(entrega_backup_followed_timestamp_seconds)"), "followed up to"),
        )),
        Panel("Whole backups", "bytes", ((_or_none("max(entrega_backup_bytes)"), "size of the newest"),)),
        Panel("Whole backups kept, and whether the databases are followed", "none", (
            (_or_none("max(entrega_backups)"), "kept"), (_or_none("max(entrega_backup_following_up)"), "followed"),
        )),
        Panel("Spans of traces", "ops", ((_or_none(_rate("entrega_spans_total", "outcome")), "{{outcome}}"),),
              "Lost is what the collector did not take in time; nothing else is the worse for it."),
        Panel("How long backups and drills take", "s", (
            (_or_none("max(entrega_backup_seconds)"), "a backup"),
            (_or_none("max(entrega_restore_drill_seconds)"), "a drill: the time to recover"),
            (_or_none("max(entrega_restore_drill_rpo_seconds)"), "the newest past that a drill could not have"),
        )),
    )),
    "workflows": ("Workflows", (
        Panel("Workflows in trouble", "none", (("max(entrega_workflows_with_problems)", "in trouble"),), now=True,
              says="Their tasks fail again and again (TemporalReportedProblems)."),
        Panel("Longest wait on a task queue", "s", (("max(entrega_task_queue_oldest_waiting_seconds)", "oldest"),),
              now=True),
        Panel("Queues that nobody attends", "none",
              (("count(max by (queue, kind) (entrega_task_queue_pollers) == 0) or vector(0)", "queues"),), now=True),
        Panel("Backlog", "none", (("max by (queue, kind) (entrega_task_queue_backlog)", "{{queue}} {{kind}}"),)),
        Panel("Oldest waiting task", "s",
              (("max by (queue, kind) (entrega_task_queue_oldest_waiting_seconds)", "{{queue}} {{kind}}"),)),
        Panel("Pollers", "none", (("max by (queue, kind) (entrega_task_queue_pollers)", "{{queue}} {{kind}}"),)),
        Panel("Activities wait for a worker, 95 %", "s", (
            (_quantile(0.95, "temporal_activity_schedule_to_start_latency_seconds", "task_queue"), "{{task_queue}}"),
        )),
        Panel("Activities take, 95 %", "s", (
            (_quantile(0.95, "temporal_activity_execution_latency_seconds", "activity_type"), "{{activity_type}}"),
        )),
        Panel("Failing activities", "ops", (
            (_or_none(_rate("temporal_activity_execution_failed_total", "activity_type")), "{{activity_type}}"),
        )),
        Panel("Workflow tasks wait for a worker, 95 %", "s", (
            (_quantile(0.95, "temporal_workflow_task_schedule_to_start_latency_seconds", "task_queue"),
             "{{task_queue}}"),
        )),
        Panel("Workflow tasks take, 95 %", "s", (
            (_quantile(0.95, "temporal_workflow_task_execution_latency_seconds", "workflow_type"),
             "{{workflow_type}}"),
        )),
        Panel("Failing workflow tasks", "ops", (
            (_or_none(_rate("temporal_workflow_task_execution_failed_total", "workflow_type")), "{{workflow_type}}"),
        )),
        Panel("Workflows that ended", "ops",
              ((_rate("temporal_workflow_completed_total", "workflow_type"), "{{workflow_type}}"),)),
        Panel("Free places of workers", "none", (
            ("sum by (task_queue, worker_type) (temporal_worker_task_slots_available)",
             "{{task_queue}} {{worker_type}}"),
        )),
        Panel("Calls to Temporal that failed", "ops",
              ((_or_none(_rate("temporal_request_failure_total", "operation")), "{{operation}}"),)),
        Panel("The journal is ahead of", "s", (("max by (to) (entrega_relay_lag_seconds)", "{{to}}"),)),
        Panel("Lines", "ops", (
            (_rate("entrega_relay_lines_total"), "copied to the audit log"),
            (_rate("entrega_relay_told_total"), "told to subscribers"),
            (_rate("entrega_figures_lines_total"), "counted"),
        )),
        Panel("Since the last success", "s", (
            ("time() - max by (what) (entrega_last_success_timestamp_seconds)", "{{what}}"),
        )),
    )),
    "carriers": ("Carriers", (
        Panel("Breakers that are open", "none",
              (("count(max by (carrier, account) (entrega_carrier_breaker_state) == 2) or vector(0)", "open"),),
              now=True),
        Panel("Calls that fail, of the last hour", "percentunit", (
            (_share(f"sum(rate({_CALLS}{{{_BAD}}}[1h]))", f"sum(rate({_CALLS}[1h]))"), "failing"),
        ), now=True),
        Panel("Reports of bookings nobody knows", "none", (('max(entrega_inbox_waiting{matched="no"})', "waiting"),),
              now=True),
        Panel("Calls", "ops", ((_rate(_CALLS, "carrier"), "{{carrier}}"),)),
        Panel("Calls that fail", "percentunit", (
            (_or_none(f"{_rate(_CALLS, 'carrier', _BAD)} / {_rate(_CALLS, 'carrier')}"), "{{carrier}}"),
        ), "What a carrier declines is an answer, and does not count."),
        Panel("What came of calls", "ops", ((_rate(_CALLS, "carrier, outcome"), "{{carrier}} {{outcome}}"),)),
        Panel("Quotes take, 95 %", "s", (
            (_quantile(0.95, "entrega_carrier_call_seconds", "carrier", 'operation="quote"'), "{{carrier}}"),
        )),
        Panel("Bookings take, 95 %", "s", (
            (_quantile(0.95, "entrega_carrier_call_seconds", "carrier", 'operation="book"'), "{{carrier}}"),
        )),
        Panel("Breakers", "none", (
            ("max by (carrier, account) (entrega_carrier_breaker_state)", "{{carrier}}/{{account}}"),
        ), "0 closed, 1 half-open, 2 open."),
        Panel("Reports by webhook", "ops", ((_rate("entrega_webhooks_total", "carrier"), "{{carrier}}"),)),
        Panel("Reports refused", "ops", (
            (_or_none(_rate("entrega_webhooks_total", "carrier, outcome", 'outcome!="accepted"')),
             "{{carrier}} {{outcome}}"),
        )),
        Panel("Reports wait in the inbox", "s",
              (("max by (matched) (entrega_inbox_oldest_waiting_seconds)", "booking known: {{matched}}"),)),
        Panel("Notes of exchanges", "ops", (
            (_or_none(_rate("entrega_exchanges_total", "outcome")), "{{outcome}}"),
            (_or_none(_rate("entrega_exchanges_untold_total", "carrier")), "not made safe: {{carrier}}"),
        )),
        Panel("Maps and postal codes", "ops",
              ((_or_none(_rate("entrega_places_calls_total", "source, outcome")), "{{source}} {{outcome}}"),)),
        Panel("Maps and postal codes take, 95 %", "s",
              ((_or_none(_quantile(0.95, "entrega_places_call_seconds", "source")), "{{source}}"),)),
    )),
    "business": ("Business", (
        Panel("Under way", "none", (
            ('sum(max by (status) (entrega_deliveries_open{status!~"quoting|quoted"}))', "deliveries"),
        ), now=True, width=6),
        Panel("Somebody should look", "none",
              (("sum(max by (attention) (entrega_deliveries_attention))", "deliveries"),), now=True, width=6),
        Panel("Requested today", "none", (
            ('sum(increase(entrega_delivery_events_total{kind="delivery.requested"}[1d]))', "requested"),
        ), now=True, width=6),
        Panel("Delivered today", "none", (
            (_or_none('sum(increase(entrega_delivery_events_total{kind="delivery.delivered"}[1d]))'), "delivered"),
        ), now=True, width=6),
        Panel("Where deliveries stand", "none", (("max by (status) (entrega_deliveries_open)", "{{status}}"),)),
        Panel("Somebody should look, by why", "none",
              (("max by (attention) (entrega_deliveries_attention)", "{{attention}}"),)),
        Panel("How deliveries end, an hour", "none", (
            ("sum by (kind) (increase(entrega_delivery_events_total"
             '{kind=~"delivery.(delivered|returned|cancelled|lost|failed|expired)"}[1h]))', "{{kind}}"),
        )),
        Panel("Requested and booked, an hour", "none", (
            ("sum by (kind) (increase(entrega_delivery_events_total"
             '{kind=~"delivery.(requested|quoted|booked)"}[1h]))', "{{kind}}"),
        )),
        Panel("Bookings by carrier, an hour", "none", (
            (f'sum by (carrier) (increase({_CALLS}{{operation="book", outcome="ok"}}[1h]))', "{{carrier}}"),
        )),
        Panel("Deliveries whose entries do not sum to zero", "none",
              (("max(entrega_ledger_unbalanced_deliveries)", "deliveries"),)),
        Panel("Calls of customers' endpoints", "ops",
              ((_or_none(_rate("entrega_webhook_calls_total", "outcome")), "{{outcome}}"),)),
        Panel("Customers' endpoints take, 95 %", "s",
              ((_or_none(_quantile(0.95, "entrega_webhook_call_seconds")), "95 %"),)),
        Panel("Messages that wait for subscribers", "none", (
            ("max(entrega_messages_waiting)", "waiting"), ("max(entrega_webhook_endpoints_paused)", "paused endpoints"),
        )),
        Panel("The oldest of them", "s", (("max(entrega_messages_oldest_waiting_seconds)", "oldest"),)),
        Panel("Letters", "ops", (
            (_or_none(_rate("entrega_letters_total", "outcome")), "{{outcome}}"),
            (_or_none(_rate("entrega_relay_letters_total")), "lines put before letters"),
        )),
        Panel("The mail server takes, 95 %", "s", ((_or_none(_quantile(0.95, "entrega_letter_seconds")), "95 %"),)),
    )),
}  # fmt: skip


def dashboard(name: str) -> dict[str, Any]:
    """As Grafana imports it."""
    title, panels = DASHBOARDS[name]
    source = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus", "hide": 0}
    made, x, y = [], 0, 0
    for number, panel in enumerate(panels, 1):
        height = _HEIGHT // 2 if panel.now else _HEIGHT
        if x + panel.width > _WIDTH:
            x, y = 0, y + (_HEIGHT // 2 if panels[number - 2].now else _HEIGHT)
        made.append(_panel(panel, number) | {"gridPos": {"x": x, "y": y, "w": panel.width, "h": height}})
        x += panel.width
    return {
        "uid": f"entrega-{name}",
        "title": f"Entrega: {title}",
        "tags": ["entrega"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [source]},
        "links": [{"type": "dashboards", "title": "Entrega", "tags": ["entrega"], "asDropdown": True}],
        "panels": made,
    }


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + index), "datasource": _SOURCE, "expr": expr, "legendFormat": legend}
        | ({"instant": True} if panel.now else {})
        for index, (expr, legend) in enumerate(panel.queries)
    ]
    return {
        "id": number,
        "type": "stat" if panel.now else "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


def text(name: str) -> str:
    """The file's content."""
    return json.dumps(dashboard(name), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in DASHBOARDS:
        (FOLDER / f"{name}.json").write_text(text(name))
