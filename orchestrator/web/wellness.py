"""`/healthz`: 200 while every event beats, 503 otherwise; `/metrics` for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from orchestrator.web.metrics import TYPE
from orchestrator.web.pages import house_of

router = APIRouter()


@router.api_route("/healthz", methods=["GET", "HEAD"])
def healthz(request: Request) -> Response:
    well, data = house_of(request).health()
    return JSONResponse(data, status_code=200 if well else 503)


@router.api_route("/metrics", methods=["GET", "HEAD"])
def metrics(request: Request) -> Response:
    return Response(house_of(request).metrics(), media_type=TYPE)
