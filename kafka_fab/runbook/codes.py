"""Codes: the short code at the end of each message that warns or blocks. A number is never used again.

An area for each letter; the entry of a code is in the module of its area.
"""

from enum import StrEnum


class Code(StrEnum):
    """A code of any area, such as R4."""


class RollCode(Code):
    """R: the safety check of rolling restarts, stop and uninstall, and the roll itself."""

    OFFLINE = "R1"
    UNCLEAN_ELECTION = "R2"
    PARTITION_MOVES = "R3"
    NO_SPARE_REPLICA = "R4"
    UNDER_MIN_ISR = "R5"
    TOO_FEW_LEFT = "R6"
    NOT_IN_SYNC_AGAIN = "R7"
    BROKER_DOWN = "R8"
    LOG_DIR_OFFLINE = "R9"
    REASSIGNMENT = "R10"
    NOT_THE_CONTROLLER_ALONE = "R11"
    NO_CONTROLLER = "R12"
    NO_QUORUM_LEADER = "R13"
    NO_VOTER_MAJORITY = "R14"
    WOULD_LOSE_QUORUM = "R15"
    VOTERS_TOGETHER = "R16"
    VOTER_NOT_BACK = "R17"
    NO_ENSEMBLE_LEADER = "R18"
    SERVER_DOWN = "R19"
    SMALL_ENSEMBLE = "R20"
    FOLLOWERS_BEHIND = "R21"
    SERVERS_TOGETHER = "R22"
    METADATA_UNREADABLE = "R23"
    UNKNOWN = "R24"
    LOG_DIR_REMOVED = "R25"
    IDENTITY_CHANGED = "R26"
    QUORUM_PORT_CHANGED = "R27"
    CONSUMER_LAG = "R28"
    SERVICE_STOPPED = "R29"
    NOT_REGISTERED_YET = "R30"
    CHECK_FAILED = "R31"
    MAJORITY_STOPPED = "R32"
    STEP_NOT_TAKEN = "R33"
    NOT_BACK = "R34"
    NOT_RECOVERED = "R35"
    INTERRUPTED = "R36"
    CANARY_LOSS = "R37"
    CANARY_UNPROVEN = "R38"
    NOTHING_TO_RESUME = "R39"
    WRONG_SWITCH = "R40"
    STOP_REFUSED = "R41"
    NO_QUORUM_TO_STOP = "R42"
    BROKERS_WITHOUT_QUORUM = "R43"
    NO_QUORUM_TO_START = "R44"
    DID_NOT_START = "R45"
    SAME_SESSION_IDS = "R46"
    LEADER_CHANGED = "R47"
    OLD_REGISTRATION = "R48"
    SESSION_EXPIRED = "R49"
    NOT_RECORDED = "R50"
    OVERRIDES_LEFT = "R51"
    NOT_ELECTED = "R52"


class StatusCode(Code):
    """S: what `fab status` calls degraded or critical."""

    OFFLINE = "S1"
    UNDER_MIN_ISR = "S2"
    AT_MIN_ISR = "S3"
    UNDER_REPLICATED = "S4"
    NOT_REGISTERED = "S5"
    NO_ANSWER = "S6"
    VOTERS_BEHIND = "S7"
    SERVER_DOWN = "S8"
    LOG_DIR_OFFLINE = "S9"
    METADATA_DIR = "S10"
    DISK_FULL = "S11"
    SERVICE_DOWN = "S12"
    CRASHED = "S13"
    FOREIGN_SERVICE = "S14"
    DRIFT = "S15"
    OPERATION_INTERRUPTED = "S16"
    THROTTLE_LEFT = "S17"
    UNKNOWN = "S18"
    UNEXPECTED_BROKER = "S19"
    STANDALONE_SERVER = "S20"
    CERTIFICATE_ENDS = "S21"


class ValidateCode(Code):
    """V: what `fab validate` and `fab smoke` find different."""

    HOST_UNREADABLE = "V1"
    SERVER_MODE = "V2"
    SERVER_ID = "V3"
    MEMBERS = "V4"
    ENSEMBLE_LEADER = "V5"
    FOLLOWERS_BEHIND = "V6"
    SESSION_IDS = "V7"
    ID_ON_DISK = "V8"
    CLUSTER_ID_ON_DISK = "V9"
    REGISTERED_BROKERS = "V10"
    UNEXPECTED_BROKER = "V11"
    LISTENER = "V12"
    DUPLICATE_LISTENER = "V13"
    RACK = "V14"
    CONTROLLER = "V15"
    CLUSTER_ID = "V16"
    METADATA = "V17"
    BROKERS_IN_METADATA = "V18"
    QUORUM_LEADER = "V19"
    VOTERS = "V20"
    VOTER_BEHIND = "V21"
    VOTER_DIRECTORY = "V22"
    METADATA_VERSION = "V23"
    EXPORTER = "V24"
    CONTENTS = "V25"
    NOT_PRODUCED = "V26"
    CERTIFICATE = "V27"
    OPEN_TO_PLAINTEXT = "V28"
    OPEN_WITHOUT_CERTIFICATE = "V29"
    PLAINTEXT_PORT = "V30"


class PreflightCode(Code):
    """P: what `fab preflight` finds before a start, and an install before it changes a host."""

    CONNECTION = "P1"
    CLOCKS = "P2"
    NAME = "P3"
    OWN_NAME = "P4"
    REVERSE_NAME = "P5"
    CONNECTIVITY = "P6"
    VOTER_DISK = "P7"
    CLUSTER_ID = "P8"
    SYSTEMD = "P9"
    BASH = "P10"
    DOWNLOAD = "P11"
    DISK = "P12"
    MOUNT = "P13"
    FILE_SYSTEM = "P14"
    OPEN_FILES = "P15"
    MEMORY_MAPS = "P16"
    MEMORY = "P17"
    SWAP = "P18"
    JAVA = "P19"
    ENVIRONMENT = "P20"
    LIMIT = "P21"
    LOG_DIR = "P22"
    FILE_OWNER = "P23"
    ACCESS = "P24"
    NOEXEC = "P25"
    CONFIGURATION = "P26"
    IDENTITY = "P27"
    PORT = "P28"
    DATA = "P29"
    METADATA = "P30"
    FIXED_KEY = "P31"
    MEMBERS = "P32"
    VERSION = "P33"
    OWNER = "P34"
    PATHS = "P35"
    TREE = "P36"
    UNIT = "P37"
    DIRECTORY = "P38"
    MANIFEST = "P39"
    NOT_MANAGED = "P40"
    OTHER = "P41"


class LockCode(Code):
    """L: the lock that every task takes which changes a live cluster."""

    HELD = "L1"
    UNFINISHED = "L2"
    MINORITY = "L3"
    STEP_AT_WORK = "L4"
    SERVICE_STOPPING = "L5"
    HOST_MISSING = "L6"
    FOREIGN_HOST = "L7"
    NOT_WRITTEN = "L8"
    ANOTHER_CLUSTER = "L9"


class HostCode(Code):
    """H: SSH to a host, and what it takes to run commands there as root."""

    UNREACHABLE = "H1"
    NO_ADDRESS = "H2"
    HOST_KEY = "H3"
    LOGIN_DENIED = "H4"
    NO_SSHD = "H5"
    PROXY = "H6"
    SSH_CONFIG = "H7"
    SUDO = "H8"
    LOGIN_SHELL = "H9"
    CONNECTION_LOST = "H10"
    IDLE_TIMEOUT = "H11"


class AccessCode(Code):
    """A: the tool's own connections to brokers, controllers and ZooKeeper: TLS, logins, rights."""

    NO_CERTIFICATE_FILE = "A1"
    UNKNOWN_ISSUER = "A2"
    NAME_MISMATCH = "A3"
    EXPIRED = "A4"
    NOT_YET_VALID = "A5"
    CLIENT_CERTIFICATE = "A6"
    SPEAKS_TLS = "A7"
    NO_TLS = "A8"
    NO_AGREEMENT = "A9"
    LOGIN = "A10"
    MECHANISM = "A11"
    LOGIN_REQUIRED = "A12"
    SERVER_UNPROVEN = "A13"
    NO_RIGHTS = "A14"
    CLEAR_PASSWORD = "A15"


class CertificateCode(Code):
    """T: certificates: issued, judged, installed, renewed; and the CA that issues them."""

    UNUSABLE = "T1"
    NOT_SIGNED = "T2"
    CLOCK = "T3"
    NOT_SERVED = "T4"
    REJECTED = "T5"
    ROTATION = "T6"


class ConfigCode(Code):
    """C: what is wrong in the files of the cluster's folder, before any connection."""

    HOSTS = "C1"
    SETTINGS = "C2"
    TOPICS = "C3"
    TEMPLATE = "C4"
    FOLDER = "C5"
    SECRET = "C6"
    USERS = "C7"
    ACLS = "C8"


def coded(text: str, code: Code) -> str:
    """Return a message with its code at the end of its first line, before a colon that leads to more lines."""
    first, newline, rest = text.partition("\n")
    bare = first.removesuffix(":")
    return f"{bare} [{code}]{first[len(bare) :]}{newline}{rest}"


class MoveCode(Code):
    """M: a live change of listeners."""

    STOPPED = "M1"
    NOT_POSSIBLE = "M2"
    VOTER_LISTENER = "M3"
    NO_HANDSHAKE = "M4"
    CLIENTS_CONNECTED = "M5"
    STILL_OPEN = "M6"
    MOVE_NEEDED = "M7"
    ZNODE_ACLS = "M8"
