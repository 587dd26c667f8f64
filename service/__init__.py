"""The service: settings, runner, store, hub, REST, websocket, page and command line."""
