"""Tests by kind: unit, contract, integration, acceptance, faults, meta; and what they lean on."""
