//! Words of the trades that interviews are about. An answer full of them, of
//! which the question's rubric knows none, speaks about something else; an
//! answer in plain words may still speak about the question.

use crate::interview::stems;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether a stem is a word of some trade.
pub fn is_trade(stem: &str) -> bool {
    static STEMS: LazyLock<HashSet<String>> = LazyLock::new(|| {
        stems::tokens(WORDS)
            .into_iter()
            .map(|word| word.stem)
            .collect()
    });
    STEMS.contains(stem)
}

const WORDS: &str = "\
    accuracy precision recall f1 roc auc calibration threshold classifier regression classification \
    imbalanced resampling gradient backpropagation epoch batch optimizer dropout neuron neural embedding \
    transformer tokenizer attention convolution lstm bert gpt finetuning pretrained hyperparameter \
    regularization overfit underfit ensemble bagging boosting xgboost clustering pca kmeans feature \
    imputation outlier normalization scaler dataset corpus lemma stemming ngram perplexity inference \
    quantization pytorch tensorflow keras sklearn pandas numpy spark jupyter notebook histogram variance \
    correlation causal hypothesis significance bootstrap confounder cohort retention churn uplift \
    drift mlflow kubeflow airflow dvc registry canary rollback rollout shadow monitoring prometheus \
    grafana alert latency throughput percentile quantile logging tracing telemetry observability slo sla \
    sli toil postmortem incident pager oncall runbook capacity autoscaling \
    terraform ansible helm kubernetes pod kubelet ingress container docker dockerfile image registry \
    namespace cluster node daemonset statefulset deployment replica yaml manifest gitops argocd jenkins \
    pipeline artifact staging production linter build compiler module package dependency monorepo \
    vault secret credential token oauth jwt saml sso mfa password hash salt encryption decrypt tls ssl \
    certificate cipher firewall vpn phishing malware ransomware injection xss csrf csp sandbox exploit \
    vulnerability cve pentest siem ids audit authorization authentication rbac \
    api endpoint rest graphql grpc http https header payload request response cookie session cors \
    websocket webhook idempotency idempotent bucket limiter throttle quota gateway proxy nginx balancer \
    redis memcached cache ttl invalidation eviction queue kafka rabbitmq broker topic partition consumer \
    producer offset microservice monolith saga \
    sql nosql mysql postgres mongodb cassandra dynamodb sqlite oracle query join index btree schema \
    table column row constraint transaction acid isolation deadlock lock vacuum replication shard \
    sharding warehouse lakehouse etl elt dbt snowflake bigquery redshift parquet avro materialized \
    denormalize normalize cardinality planner scan backup restore wal checkpoint partitioning \
    algorithm recursion heap stack pointer thread mutex semaphore coroutine async await asyncio gil \
    multiprocessing celery decorator generator iterator interface polymorphism inheritance encapsulation \
    abstraction immutable garbage collector jvm hibernate maven gradle spring bean servlet bytecode \
    django flask fastapi pydantic sqlalchemy orm migration pytest mock fixture unittest assertion \
    selenium cypress playwright appium regression flaky coverage testcase smoke exploratory \
    react vue angular svelte redux hook component props render rerender virtual dom jsx css html sass \
    flexbox grid viewport typescript javascript webpack vite bundle bundler minify lazy hydration ssr \
    lighthouse cdn font aria accessibility screenreader contrast wireframe prototype figma persona \
    usability heuristic affordance typography mockup \
    express nestjs npm middleware eventloop promise callback closure hoisting \
    swift swiftui uikit xcode objective arc retain coredata combine viewcontroller storyboard delegate \
    kotlin android cocoapods testflight appstore \
    interrupt rtos firmware microcontroller register dma uart spi i2c gpio bootloader watchdog jtag \
    oscilloscope volatile cortex stm32 arduino adc pwm jitter \
    blockchain ethereum solidity smartcontract wallet gas consensus validator merkle nonce ledger mining \
    proof stake reentrancy defi nft oracle \
    backlog sprint scrum kanban roadmap stakeholder okr kpi mvp prioritization persona funnel conversion \
    onboarding pricing segmentation \
    aws azure gcp lambda serverless s3 ec2 vpc subnet iam cloudformation region availability zone \
    autoscaler spot egress \
    markdown docs asciidoc openapi swagger glossary styleguide changelog \
    ticket escalation helpdesk sla troubleshoot dns dhcp router switch packet ping latency firewall \
    readme git commit branch merge rebase pull review repository \
    classloader jit hotspot tomcat jpa jdbc junit mockito lambda executor deserialization serialization \
    reflection annotation singleton threadpool finalizer nullpointer generics refactor codebase \
    testrail postman jmeter gherkin cucumber bdd tdd acceptance traceability severity triage \
    parametrize testng headless stub harness emulator screenshot \
    word2vec tfidf bleu rouge ner chatbot rag retrieval prompt llm hallucination chunking reranker \
    stopword summarization coreference annotator bm25 elasticsearch seq2seq decoder encoder \
    autolayout viewmodel mvvm gcd codable urlsession keychain provisioning deeplink snapshotting \
    simulator background foreground \
    survey participant moderated unmoderated likert affinity clickthrough microcopy handoff \
    sketch breakpoint palette whitespace tooltip modal dropdown navigation breadcrumb \
    arpu ltv cac nps csat experiment positioning gtm monetization freemium paywall \
    zendesk ticketing intune activedirectory imaging ethernet wifi driver firmware \
    bgp ospf vlan mtu nat ipv6 tcpdump traceroute systemd cron ssh selinux iptables raid lvm kernel \
    reserved tagging chargeback egress quota rightsizing \
    retrospective standup velocity estimation pairing \
    shuffle skew dag backfill lineage upsert cdc debezium iceberg delta watermark deduplicate \
    tokenize vectorize normalize standardize encode onehot gridsearch crossvalidation overfitting \
    resistor capacitor solder schematic pcb amplifier voltage current regulator battery sensor";
