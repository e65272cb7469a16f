"""What keys look like: one row a kind, with the source of its form.

A form is bounded on all sides and has no repetition within a repetition, so that a search is linear. `gitleaks:<id>`
is a rule of https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml that describes the same kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of secret: its name for a person, its form, pieces of which one is in every such secret, its source."""

    name: str
    form: re.Pattern[str]
    marks: tuple[str, ...]
    source: str


def _kind(name: str, form: str, marks: str, source: str) -> Kind:
    return Kind(name, re.compile(form, re.ASCII), tuple(marks.split("|")), source)


# All of them have at least 20 letters, digits, `_` or `-` in a row, which is what they are looked for by.
TOKENS = (
    _kind(
        "AWS access key",
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?<!EXAMPLE)(?![A-Za-z0-9])",
        "AKIA|ASIA|ABIA|ACCA",
        "gitleaks:aws-access-token",
    ),
    _kind("GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,251}", "ghp_|gho_|ghu_|ghs_|ghr_", "gitleaks:github-pat"),
    _kind("GitHub token", r"github_pat_\w{22,251}", "github_pat_", "gitleaks:github-fine-grained-pat"),
    _kind(
        "GitLab token",
        r"gl(?:pat|rt|dt|ptt|cbt|soat|ft|agent)-[\w-]{20,255}",
        "glpat-|glrt-|gldt-|glptt-|glcbt-|glsoat-|glft-|glagent-",
        "https://docs.gitlab.com/security/tokens/",
    ),
    _kind("Slack token", r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{16,255}", "xox", "gitleaks:slack-bot-token"),
    _kind("Slack token", r"xapp-\d-[A-Z0-9]{4,64}-\d{4,32}-[a-z0-9]{16,128}", "xapp-", "gitleaks:slack-app-token"),
    _kind(
        "Slack webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/T\w{6,16}/\w{6,20}/\w{16,64}",
        "/T",
        "gitleaks:slack-webhook-url",
    ),
    _kind(
        "Stripe key",
        r"[rs]k_(?:live|test|prod)_[A-Za-z0-9]{16,200}",
        "k_live_|k_test_|k_prod_",
        "gitleaks:stripe-access-token",
    ),
    _kind("Google key", r"AIza[\w-]{35}(?![\w-])", "AIza", "gitleaks:gcp-api-key"),
    _kind("Google client secret", r"GOCSPX-[\w-]{28}", "GOCSPX-", "https://support.google.com/cloud/answer/15549257"),
    _kind("Anthropic key", r"sk-ant-[\w-]{20,255}", "sk-ant-", "gitleaks:anthropic-api-key"),
    _kind(
        "OpenRouter key", r"sk-or-[\w-]{20,255}", "sk-or-", "https://openrouter.ai/docs/api-reference/authentication"
    ),
    _kind(
        "OpenAI key",
        r"sk-(?:proj|svcacct|admin|None)-[\w-]{20,255}",
        "sk-proj-|sk-svcacct-|sk-admin-|sk-None-",
        "gitleaks:openai-api-key",
    ),
    # OpenAI's first form, which compatible services hand out too.
    _kind("OpenAI key", r"sk-(?=[A-Za-z]{0,31}\d)[A-Za-z0-9]{32,255}", "sk-", "gitleaks:openai-api-key"),
    _kind("access token of npm", r"npm_[A-Za-z0-9]{36}", "npm_", "gitleaks:npm-access-token"),
    _kind("PyPI token", r"pypi-AgE[\w-]{16,255}", "pypi-AgE", "gitleaks:pypi-upload-token"),
    _kind("JSON web token", r"eyJ[\w-]{17,300}\.eyJ[\w-]{8,180}", "eyJ", "gitleaks:jwt; RFC 7519, 3.1"),
    _kind("Hugging Face token", r"(?:hf|api_org)_[A-Za-z]{34}", "hf_|api_org_", "gitleaks:huggingface-access-token"),
    _kind("SendGrid key", r"SG\.[\w-]{20,24}\.[\w-]{39,50}", "SG.", "gitleaks:sendgrid-api-token"),
    _kind("Twilio key", r"SK[0-9a-f]{32}(?![0-9A-Za-z])", "SK", "gitleaks:twilio-api-key"),
    _kind("DigitalOcean token", r"do[opr]_v1_[a-f0-9]{64}", "_v1_", "gitleaks:digitalocean-pat"),
    _kind("Shopify token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", "shp", "gitleaks:shopify-access-token"),
    _kind("Databricks token", r"dapi[a-f0-9]{32}", "dapi", "gitleaks:databricks-api-token"),
    _kind(
        "Telegram token",
        r"\d{8,10}:AA[\w-]{32,34}(?![\w-])",
        ":AA",
        "https://core.telegram.org/bots/features#botfather",
    ),
    _kind("Vault token", r"hv[bs]\.[\w-]{80,255}", "hvs.|hvb.", "gitleaks:vault-service-token"),
    _kind("Grafana token", r"glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}", "glsa_", "gitleaks:grafana-service-account-token"),
    _kind("Perplexity key", r"pplx-[A-Za-z0-9]{48}", "pplx-", "gitleaks:perplexity-api-key"),
    _kind("Groq key", r"gsk_[A-Za-z0-9]{40,64}", "gsk_", "https://console.groq.com/keys"),
    _kind("age key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", "AGE-SECRET-KEY-1", "gitleaks:age-secret-key"),
)
# These have no such row; their marks are looked for in the whole text. All but the first contain the word key.
MARKED = (
    # user:password@host, where a word that stands for a password, as in an example, is none.
    _kind(
        "password in an address",
        r"://[^\s:/@'\"<>{}$]{0,64}+:(?!(?i:pass|pw|secret|user|token)|[*{<$%\[]|x+@)[^\s:@'\"<>{}/]{3,128}+@[\w.\[-]",
        "://",
        "RFC 3986, 3.2.1",
    ),
    _kind(
        "private key",
        r"PRIVATE KEY(?: BLOCK)?-----",
        "PRIVATE KEY",
        "RFC 7468, 10 and 11; https://www.rfc-editor.org/rfc/rfc4880#section-6.2",
    ),
    _kind(
        "Azure access key",
        r"(?:Shared)?Acc(?:ount|ess)Key=[A-Za-z0-9+/]{40,90}={0,2}",
        "AccountKey=|AccessKey=",
        "https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string",
    ),
)
