"""The event loops that things are measured on."""

import asyncio

import uvloop

FACTORIES = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
