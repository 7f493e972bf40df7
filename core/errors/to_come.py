"""Error tables of libraries whose apps are still to come; each moves into its app."""

from core.errors.families import CollectorFailureCategory as Category
from core.errors.tables import ErrorTable

GOOGLE = ErrorTable(
    decisive={
        "google.DefaultCredentialsError": Category.CONFIGURATION,
        "google.TimeoutError": Category.TIMEOUT,
        "googleapiclient.InvalidJsonError": Category.SOURCE,
        "googleapiclient.UnknownApiNameOrVersion": Category.VALIDATION,
        "httplib2.ServerNotFoundError": Category.NETWORK,
    },
    otherwise={
        "google.TransportError": Category.NETWORK,
        "google.GoogleAuthError": Category.AUTH,
        "httplib2.HttpLib2Error": Category.SOURCE,
    },
)

PINECONE = ErrorTable(
    decisive={
        "pinecone.IndexInitFailedError": Category.SOURCE,
        "pinecone.IndexTerminatedError": Category.NOT_FOUND,
        "pinecone.ResponseParsingError": Category.SOURCE,
    },
    otherwise={
        "pinecone.PineconeConnectionError": Category.NETWORK,
        "pinecone.PineconeTypeError": Category.VALIDATION,
    },
)
