"""The same calls through pydantic-evals, as a whole process, for ``throughput.py --beside``.

Needs an environment of its own: ``pip install pydantic-evals aiohttp``.

    python benchmarks/peer_pydantic_evals.py PORT CALLS CONCURRENCY
"""

from __future__ import annotations

import asyncio
import sys


async def main(port: int, calls: int, concurrency: int) -> None:
    """Evaluate so many cases, each one post, and print the report: its counterpart of ours."""
    import aiohttp
    from pydantic_evals import Case, Dataset

    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(question: str) -> str:
            body = {"model": "fixed", "messages": [{"role": "user", "content": question}]}
            async with session.post(url, json=body) as response:
                found: str = (await response.json())["choices"][0]["message"]["content"]
                return found

        cases = [Case(name=f"c{n}", inputs=f"Capital of country {n}?") for n in range(calls)]
        dataset = Dataset(name="load", cases=cases)
        report = await dataset.evaluate(ask, max_concurrency=concurrency, progress=False)
        report.print()


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:4])))
