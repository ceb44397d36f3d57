"""Runs a sample for CrewAI where CrewAI is not installed.

What the sample imports of it only notes how it is called; `kickoff` then does what CrewAI 1.15 does with an agent's servers: it starts the
command once to list the tools and once more for each call, with the environment that the official SDK passes on, and speaks MCP over
its pipes. Standard library alone. Prints what it saw as one JSON document.
"""

import json
import os
import subprocess
import sys
import types

PASSED_ON = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER")


class Noted:
    def __init__(self, **given):
        self.__dict__.update(given)


class MCPServerStdio(Noted):
    env = None

    def ask(self, *requests):
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment.update(self.env or {})
        process = subprocess.Popen(
            [self.command, *self.args], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

        def say(message):
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            process.stdin.flush()

        def answer(number, method, params):
            say({"id": number, "method": method, "params": params})
            for line in process.stdout:
                message = json.loads(line)
                if message.get("id") == number:
                    return message["result"]
            raise RuntimeError(f"{self.command} ended before it answered {method}")

        client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "mcp", "version": "0.1.0"}}
        answer(0, "initialize", client)
        say({"method": "notifications/initialized"})
        answers = [answer(number, *request) for number, request in enumerate(requests, 1)]
        process.stdin.close()
        return answers, process.wait()


class Crew(Noted):
    def kickoff(self):
        [agent] = self.agents
        [server] = agent.mcps
        [listed], listed_code = server.ask(("tools/list", {}))
        texts, codes = [], [listed_code]
        for name, arguments in json.loads(os.environ["CALLS"]):
            [result], code = server.ask(("tools/call", {"name": name, "arguments": arguments}))
            texts.append(result["content"][0]["text"])
            codes.append(code)
        return json.dumps({"tools": [tool["name"] for tool in listed["tools"]], "texts": texts, "codes": codes})


def stand_in(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module


stand_in("crewai", Agent=Noted, Crew=Crew, Task=Noted)
stand_in("crewai.mcp", MCPServerStdio=MCPServerStdio)
exec(compile(sys.stdin.read(), "the sample", "exec"), {"__name__": "__main__"})
