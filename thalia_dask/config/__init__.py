"""Configs: frozen models, and their loading from YAML."""

from thalia_dask.config.clusters import ClusterConfig
from thalia_dask.config.loading import load_cluster_config, load_config
from thalia_dask.config.models import (
    BrainConfig,
    CheckpointConfig,
    ExecutionConfig,
    GlobalConfig,
    NeuromodulationConfig,
    ProjectionConfig,
    RecordingConfig,
    RecoveryConfig,
    RegionConfig,
    RegionSizes,
    TaskConfig,
    ThaliaConfig,
    TrainingConfig,
)

__all__ = [
    "BrainConfig",
    "CheckpointConfig",
    "ClusterConfig",
    "ExecutionConfig",
    "GlobalConfig",
    "NeuromodulationConfig",
    "ProjectionConfig",
    "RecordingConfig",
    "RecoveryConfig",
    "RegionConfig",
    "RegionSizes",
    "TaskConfig",
    "ThaliaConfig",
    "TrainingConfig",
    "load_cluster_config",
    "load_config",
]
