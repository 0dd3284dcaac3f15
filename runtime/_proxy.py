"""Caddy from its wheel, before what speaks no TLS itself: Temporal's development server, and the SDK's metrics."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from runtime._certificates import Certificates
from runtime._state import StateFolder
from runtime.supervisor import Part, PartFailed

BEHIND: Mapping[str, str] = {
    "temporal": "temporal_behind",
    "temporal_ui": "temporal_ui_behind",
    "temporal_metrics": "temporal_metrics_behind",
    "worker_metrics": "worker_metrics_behind",
}
"""The port that others see, and the one that is listened on behind it, on the loopback and in the clear."""

_GLOBAL = """\
{
	admin off
	auto_https off
	persist_config off
	skip_install_trust
	log {
		output stderr
		level WARN
	}
	servers {
		protocols h1 h2
		# One name to a port, and who calls an address gives none.
		strict_sni_host insecure_off
	}
}
"""
_SITE = """
https://:{} {{
	bind 127.0.0.1
	tls "{}" "{}" {{
{}	}}
	reverse_proxy {}
}}
"""
_MUTUAL = """\
		client_auth {{
			mode require_and_verify
			trust_pool file "{}"
		}}
"""


def proxy_part(state: StateFolder, ports: Mapping[str, int], certificates: Certificates) -> Part:
    """Temporal only for those with a certificate of ours that was made for clients; the others by TLS alone."""
    home = state.root / "proxy"
    home.mkdir(exist_ok=True)
    pair, config = certificates.of("proxy"), home / "Caddyfile"
    sites = [_GLOBAL]
    for front, behind in BEHIND.items():
        mutual, scheme = (_MUTUAL.format(certificates.authority), "h2c://") if front == "temporal" else ("", "")
        to = f"{scheme}127.0.0.1:{ports[behind]}"
        sites.append(_SITE.format(ports[front], pair.certificate, pair.key, mutual, to))
    config.write_text("".join(sites))

    async def ready() -> bool:
        for front in BEHIND:
            _, writer = await asyncio.open_connection("127.0.0.1", ports[front])
            writer.close()
        return True

    return Part(
        name="proxy",
        argv=[_binary(), "run", "--config", config, "--adapter", "caddyfile"],
        ready=ready,
        env={**os.environ, "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)},
    )


def _binary() -> str:
    found = shutil.which("caddy", path=str(Path(sys.executable).parent)) or shutil.which("caddy")
    if found is None:
        raise PartFailed("Caddy is not installed: run `make setup`")
    return found
