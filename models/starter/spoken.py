"""How written terms are said, for synthesisers that would spell or guess them."""

import random
import re

_SAY = {
    "CI/CD": "C I C D", "PostgreSQL": "postgres Q L", "MySQL": "my S Q L", "SQL": "S Q L", "NoSQL": "no S Q L",
    "Nginx": "engine X", "I2C": "I squared C", "EC2": "E C two", "S3": "S three", "NumPy": "num pie", "SciPy": "sigh pie",
    "PyTorch": "pie torch", "pytest": "pie test", "Kubernetes": "koober netties", "scikit-learn": "sigh kit learn",
    "SQLite": "sequel lite", "Redis": "reddis", "Jira": "jeera", "Vue": "view", "AWS": "A W S", "API": "A P I",
    "APIs": "A P eyes", "dbt": "D B T", "OAuth": "oh auth", "gRPC": "G R P C", "GraphQL": "graph Q L", "UI": "U I",
    "UX": "U X", "QA": "Q A", "HR": "H R", "ML": "M L", "DevOps": "dev ops", "MongoDB": "mongo D B",
    "DynamoDB": "dynamo D B", "IAM": "I A M", "VPC": "V P C", "HTML": "H T M L", "CSS": "C S S", "PHP": "P H P",
    "Kafka": "kaffka", "CUDA": "cooda", "iOS": "I O S", "Node.js": "node J S", "Next.js": "next J S", "CORS": "cores",
    "ETL": "E T L", "GPU": "G P U", "CPU": "C P U", "JWT": "J W T", "DVC": "D V C", "FastAPI": "fast A P I",
    "XGBoost": "X G boost", "SwiftUI": "swift U I", "UIKit": "U I kit", "SaaS": "sass", "kubectl": "kube control",
    "TF-IDF": "T F I D F", "DNS": "D N S", "VPN": "V P N", "JSON": "jason", "OpenAPI": "open A P I", "SQS": "S Q S",
}  # fmt: skip
_WORDS = re.compile(r"(?<![\w.])(" + "|".join(re.escape(w) for w in sorted(_SAY, key=len, reverse=True)) + r")(?!\w)")


def amounts(text: str) -> str:
    """Percent and dollar signs in words."""
    text = re.sub(r"(\d)%", r"\1 percent", text)
    return re.sub(r"\$([\d,]+)", r"\1 dollars", text)


def spoken(text: str, rng: random.Random, share: float = 0.4) -> str:
    """The text to speak. In a share of the cases terms are respelled, otherwise the synthesiser decides."""
    text = amounts(text)
    if rng.random() < share:
        text = _WORDS.sub(lambda m: _SAY[m.group(1)], text)
    return text
