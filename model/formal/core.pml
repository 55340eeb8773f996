/*
 * The core of the kubelet's image credentials, for spin.
 *
 * It is the twin of model/protocol/core.py: same state, same steps, written
 * apart and in another language. Each step is one d_step of one process whose
 * control never leaves the head of its loop, and all scratch variables are
 * hidden. So the states that spin stores are exactly the values of the
 * variables below, after whole steps: no more (initial or half-way states),
 * no fewer (no reduction, no bit-state hashing). README.md has the details.
 *
 * Rules (K-) and invariants (I-) are those of the kubelet's specification,
 * taken from its documents and checked against Kubernetes 1.34.2.
 */

/* ---- the configuration: each may be set by -D -------------------------- */

#ifndef MINOR
#define MINOR 34	/* 33: no echo guard, no coordinates, tokens without UID */
#endif
#ifndef SA_MODE
#define SA_MODE 1	/* 0: a provider without tokenAttributes */
#endif
#ifndef PER_TOKEN
#define PER_TOKEN 0	/* cacheType: 0 ServiceAccount, 1 Token */
#endif
#ifndef REQUIRE_SA
#define REQUIRE_SA 0	/* requireServiceAccount */
#endif
#ifndef REQUIRED
#define REQUIRED 0	/* the one selected annotation: 0 optional, 1 required */
#endif
#ifndef CALLERS
#define CALLERS 1	/* containers that want images */
#endif
#ifndef PODS
#define PODS 1
#endif
#ifndef POD_MAP
#define POD_MAP 0	/* octal digit c: the pod of caller c */
#endif
#ifndef SAS
#define SAS 1
#endif
#ifndef SA_MAP
#define SA_MAP 1	/* octal digit p: 1 + service account of pod p; 0 none */
#endif
#ifndef UIDS
#define UIDS 1		/* lives of one service account */
#endif
#ifndef ANNS
#define ANNS 1		/* values of the annotation; value 0 means absent */
#endif
#ifndef IMAGES
#define IMAGES 1
#endif
#ifndef REG_MAP
#define REG_MAP 0	/* octal digit i: the registry of image i */
#endif
#ifndef PUBLIC
#define PUBLIC 0	/* images that an anonymous pull gets; a mask */
#endif
#ifndef PRELOADED
#define PRELOADED 0	/* images on the node before the kubelet; a mask */
#endif
#ifndef SECRETS
#define SECRETS 0	/* image pull secrets */
#endif
#ifndef SECRET_MAP
#define SECRET_MAP 0	/* octal digit p: 1 + pull secret of pod p; 0 none */
#endif
#ifndef SECRET_START
#define SECRET_START 0	/* octal digit s: content of secret s at the start */
#endif
#ifndef CONTENTS
#define CONTENTS 1	/* contents that a secret may have */
#endif
#ifndef ANSWERS
#define ANSWERS 1	/* mask: 1 minted, 2 echoed token, 4 empty, 8 failure */
#endif
#ifndef KEY_TYPES
#define KEY_TYPES 1	/* mask: 1 Image, 2 Registry, 4 Global */
#endif
#ifndef DURATION
#define DURATION 1	/* the answer's cacheDuration, ticks; may be negative */
#endif
#ifndef NIL
#define NIL 0		/* 1: the answer has no cacheDuration */
#endif
#ifndef DEFAULT
#define DEFAULT 0	/* defaultCacheDuration, ticks */
#endif
#ifndef HORIZON
#define HORIZON 2	/* last tick of the clock */
#endif
#ifndef PURGE
#define PURGE 2		/* ticks between purges of the cache */
#endif
#ifndef LIFE
#define LIFE 2		/* a token is expired when older than this */
#endif
#ifndef REFRESH
#define REFRESH 1	/* a token is renewed when older than this */
#endif
#ifndef FAULTS
#define FAULTS 0	/* 1: token requests may fail */
#endif
#ifndef RECORDS
#define RECORDS 0	/* 1: pulls and pull records; 0: lookups alone */
#endif
#ifndef RESTARTS
#define RESTARTS 0	/* how often the kubelet may crash and come back */
#endif
#ifndef SLOTS
#define SLOTS 6		/* room in the cache; overflow is an error */
#endif
#ifndef MUTANT
#define MUTANT 0
#endif

/* ---- the mistakes that MUTANT may make ---------------------------------- */

#define IS(m)		(MUTANT == m)
#define KEY_WITHOUT_UID		1
#define KEY_WITHOUT_NAMESPACE	2
#define KEY_WITHOUT_ANNOTATION	3
#define KEY_WITHOUT_TOKEN	4
#define KEY_WITHOUT_ACCOUNT	5
#define NO_ECHO_GUARD		6
#define FLIGHT_BY_IMAGE		7
#define NIL_SOURCE		8
#define EXPIRY_NOT_CHECKED	9
#define EXPIRY_EARLY		10
#define ZERO_IS_STORED		11
#define RECORD_BY_NAME		12
#define EMPTY_RECORD_OPENS	13
#define INTENT_AFTER_PULL	14
#define INTENTS_FORGOTTEN	15
#define TOKEN_WITHOUT_UID	16
#define TOKEN_WITHOUT_POD	17
#define EXPIRED_TOKEN_USED	18
#define REQUIRED_NOT_CHECKED	19
#define ACCOUNT_NOT_REQUIRED	20
#define FLIGHT_WITHOUT_TOKEN	21
#define KEY_WITHOUT_UID_AND_NAMESPACE	22

/* ---- small vocabularies -------------------------------------------------- */

/* phases of a caller */
#define IDLE	0
#define WAITING	1	/* for the provider */
#define ANSWERED 2	/* the flight has landed */
#define PULLING	3	/* intent written, the runtime is at it */
#define PULLED	4	/* the runtime is done, not yet recorded */

/* answers */
#define MINTED	0
#define ECHOED	1
#define EMPTY	2
#define FAILED	3

/* who got the image */
#define NOBODY	0
#define ANYBODY	1	/* anonymous */
#define SECRET	2
#define PROVIDER 3

#define CONTENT(i)	(content[i] + DIGIT(SECRET_START,i))
#define DIGIT(map,i)	(((map) >> (3*(i))) & 7)
#define BIT(i)		(1 << (i))
#define HAS(mask,i)	(((mask) >> (i)) & 1)

/* A token is (pod, account's UID, tick of issue); 0 is no token. */
#define TOKEN(p,life,at)	(((((p)+1) << 2 | (life)) << 4) | (at))
#define TOKEN_POD(tok)	(((tok) >> 6) - 1)
#define TOKEN_UID(tok)	(((tok) >> 4) & 3)
#define TOKEN_AT(tok)	((tok) & 15)

/* A credential's origin: what the exec that yielded it was about. */
#define ORIGIN(key,sa,life,note,tok)	(1 | (key) << 1 | (sa) << 3 | (life) << 6 | (note) << 8 | (tok) << 10)
#define KIND(from)		(((from) >> 1) & 3)
#define ORIGIN_SA(from)	(((from) >> 3) & 7)
#define ORIGIN_UID(from)	(((from) >> 6) & 3)
#define ORIGIN_ANN(from)	(((from) >> 8) & 3)
#define ORIGIN_TOKEN(from)	((from) >> 10)

/* Cache keys (K-101, K-102). Bases: images, then registries, then <global>. */
#define BASE(kind,i)	((kind) == 0 -> (i) : ((kind) == 1 -> 8 + DIGIT(REG_MAP,i) : 15))
#define K_UID(life)	((IS(KEY_WITHOUT_UID) || IS(KEY_WITHOUT_UID_AND_NAMESPACE) \
			  || IS(KEY_WITHOUT_ACCOUNT)) -> 0 : (life))
#define K_SA(sa)		(IS(KEY_WITHOUT_ACCOUNT) -> 0 : \
			 ((sa) && (IS(KEY_WITHOUT_NAMESPACE) || IS(KEY_WITHOUT_UID_AND_NAMESPACE)) -> 1 : (sa)))
/* UIDs are unique over all accounts, so without a namespace they still tell. */
#define K_OWNER(sa,life)	((sa) && IS(KEY_WITHOUT_NAMESPACE) -> (sa) - 1 : 0)
#define K_ANN(note)	((IS(KEY_WITHOUT_ANNOTATION) || IS(KEY_WITHOUT_ACCOUNT)) -> 0 : (note))
#define K_TOKEN(tok)	((PER_TOKEN && MINOR >= 34 && !IS(KEY_WITHOUT_TOKEN) \
			  && !IS(KEY_WITHOUT_ACCOUNT)) -> (tok) : 0)
#define KEY(b,sa,life,note,tok)	(1 | (b) << 1 | K_SA(sa) << 5 | K_OWNER(sa,life) << 8 | K_UID(life) << 10 \
			 | K_ANN(note) << 12 | K_TOKEN(tok) << 14)

#define PER_TOKEN_TYPE	(PER_TOKEN && MINOR >= 34)
#define ECHO_GUARD	(MINOR >= 34 && !PER_TOKEN && !IS(NO_ECHO_GUARD))
#define COORDINATES	(MINOR >= 34 && !IS(NIL_SOURCE))
#define TOKEN_HAS_UID	(MINOR >= 34 && !IS(TOKEN_WITHOUT_UID))
#define LASTS		(NIL -> DEFAULT : DURATION)

/* Expiry is kept plus 4, so that it is never negative. */
#define OVER(until)		(IS(EXPIRY_EARLY) -> now + 4 >= (until) : now + 4 > (until))

/* ---- the state ------------------------------------------------------------ */

byte now;
byte restarted;
byte uid[SAS];			/* which life of the account this is */
byte ann[SAS];			/* the selected annotation's value; 0 absent */
byte content[SECRETS + 1];	/* of pull secrets: CONTENT() */
byte token_uid[PODS];		/* the token manager: one slot per pod (K-150) */
byte token_at[PODS];		/* 1 + tick of issue; 0 none */
byte purged;			/* last purge */
int cache_key[SLOTS];		/* ascending; 0 free */
byte cache_end[SLOTS];
int cache_of[SLOTS];		/* origin of the stored credential */
byte phase[CALLERS];
byte image[CALLERS];		/* what the caller wants, while it is not idle */
byte c_uid[CALLERS];		/* the account's UID at the lookup */
byte c_ann[CALLERS];
int c_token[CALLERS];
byte c_content[CALLERS];	/* 1 + content of the pull secret at the lookup */
byte leader[CALLERS];		/* 1 + whose exec this caller waits for */
int c_of[CALLERS];		/* ANSWERED: origin; later: 1 a provider offered */
byte c_type[CALLERS];		/* ANSWERED: cacheKeyType */
byte c_by[CALLERS];		/* PULLED: who got the image */
byte present = PRELOADED;	/* masks of images */
byte intent;			/* intent on disk */
byte intents[IMAGES];		/* intents in memory: a counter */
byte recorded;
byte node;			/* nodePodsAccessible */
byte sas[IMAGES];		/* recorded accounts: mask of account*4 + uid */
byte secrets[IMAGES * (SECRETS + 1)];	/* 1 + recorded content; 0 none */
/* ghosts: history and verdicts, read by no guard */
byte fetched;			/* images that the kubelet pulled */
int broken;			/* what the last step broke */

#define I_03 1
#define I_05 2
#define I_06 4
#define I_07 8
#define I_09 16
#define I_10 32
#define I_11 64
#define I_16 128
#define I_17 256
#define I_24 512
#define I_25 1024
#define I_26 2048
#define I_30 4096
#define I_31 8192
#define I_33 16384
#define I_36 32768

#define BREAK(what)	broken = broken | what

/* Scratch, set before use within one d_step; hidden: no part of the state. */
hidden int sa, life, note, tok, other, each, slot, gap, key, from, until, want;
hidden byte ok, hit, must, settled, kind;

/* ---- the cache -------------------------------------------------------------- */

/* slot := that of the key, or SLOTS. */
inline find()
{
	slot = 0;
	do
	:: slot < SLOTS && cache_key[slot] != key -> slot++
	:: else -> break
	od
}

/* Drop slot `gap` and close the gap. */
inline drop()
{
	do
	:: gap < SLOTS - 1 ->
		cache_key[gap] = cache_key[gap+1];
		cache_end[gap] = cache_end[gap+1];
		cache_of[gap] = cache_of[gap+1];
		gap++
	:: else -> break
	od;
	cache_key[SLOTS-1] = 0; cache_end[SLOTS-1] = 0; cache_of[SLOTS-1] = 0
}

/* Store from, until that tick, under the key; overwrites (K-108). */
inline put()
{
	find();
	if
	:: slot == SLOTS ->
		assert(cache_key[SLOTS-1] == 0);	/* else SLOTS is too small */
		slot = SLOTS - 1;
		do
		:: slot > 0 && (cache_key[slot-1] == 0 || cache_key[slot-1] > key) ->
			cache_key[slot] = cache_key[slot-1];
			cache_end[slot] = cache_end[slot-1];
			cache_of[slot] = cache_of[slot-1];
			slot--
		:: else -> break
		od
	:: else
	fi;
	cache_key[slot] = key; cache_end[slot] = until; cache_of[slot] = from
}

/* K-110: now and then all expired entries go. */
inline purge()
{
	if
	:: now > purged + PURGE ->
		purged = now;
		slot = 0;
		do
		:: slot < SLOTS && cache_key[slot] != 0 && OVER(cache_end[slot]) -> gap = slot; drop()
		:: slot < SLOTS && !(cache_key[slot] != 0 && OVER(cache_end[slot])) -> slot++
		:: else -> break
		od
	:: else
	fi
}

/* hit, from := the unexpired entry for image i and caller (sa,life,note,tok); image, then
 * registry, then global (K-109); an expired entry goes when read (K-106). */
inline read_cache(i)
{
	hit = 0; from = 0; kind = 0;
	do
	:: kind < 3 && !hit ->
		key = KEY(BASE(kind,i),sa,life,note,tok);
		find();
		if
		:: slot < SLOTS && OVER(cache_end[slot]) && !IS(EXPIRY_NOT_CHECKED) -> gap = slot; drop()
		:: slot < SLOTS && !(OVER(cache_end[slot]) && !IS(EXPIRY_NOT_CHECKED)) ->
			hit = 1; from = cache_of[slot]; until = cache_end[slot]
		:: else
		fi;
		kind++
	:: else -> break
	od;
	kind = 0
}

/* May the entry with origin `from` and end `until` be served to (sa,life,note,tok)? */
inline judge_hit()
{
	if
	:: KIND(from) != EMPTY ->
		if
		:: (ORIGIN_SA(from) == 0) != (sa == 0) -> BREAK(I_11)
		:: ORIGIN_SA(from) != 0 && sa != 0 &&
		   (ORIGIN_SA(from) != sa || ORIGIN_UID(from) != life || ORIGIN_ANN(from) != note) -> BREAK(I_05)
		:: else
		fi;
		if
		:: PER_TOKEN_TYPE && ORIGIN_SA(from) != 0 && sa != 0 && ORIGIN_TOKEN(from) != tok -> BREAK(I_06)
		:: else
		fi;
		if
		:: now + 4 > until -> BREAK(I_16)
		:: else
		fi
	:: else
	fi
}

/* ---- the pull records --------------------------------------------------------- */

inline forget(c)
{
	phase[c] = IDLE; image[c] = 0; c_uid[c] = 0; c_ann[c] = 0; c_token[c] = 0;
	c_content[c] = 0; leader[c] = 0; c_of[c] = 0; c_type[c] = 0; c_by[c] = 0
}

/* must := K-220 to K-231 under NeverVerifyPreloadedImages, for image i, the
 * caller's secret content c_content[c] and coordinates (sa,life) if `from` is not 0. */
inline must_pull(c,i)
{
	must = 1; settled = 0;
	if
	:: !HAS(present,i) -> skip
	:: HAS(present,i) && !HAS(recorded,i) && intents[i] == 0 && !HAS(intent,i) ->
		must = 0;		/* taken for preloaded (K-202) */
		if
		:: HAS(fetched,i) -> BREAK(I_30)
		:: else
		fi
	:: HAS(present,i) && HAS(recorded,i) && HAS(node,i) -> must = 0
	:: HAS(present,i) && HAS(recorded,i) && !HAS(node,i) ->
		other = DIGIT(SECRET_MAP,DIGIT(POD_MAP,c));
		each = 0; slot = 0;		/* slot: anything is recorded */
		do
		:: each < SECRETS ->
			gap = i * (SECRETS + 1) + each;
			if
			:: secrets[gap] != 0 -> slot = 1
			:: else
			fi;
			if	/* K-226: equal content, or the same secret */
			:: other != 0 && !settled && secrets[gap] != 0 &&
			   (secrets[gap] == c_content[c] || other - 1 == each) ->
				must = 0; settled = 1
			:: else
			fi;
			each++
		:: else -> break
		od;
		if
		:: settled -> secrets[i * (SECRETS + 1) + other - 1] = c_content[c]
		:: else
		fi;
		if
		:: slot == 0 && sas[i] == 0 && IS(EMPTY_RECORD_OPENS) ->
			must = 0; BREAK(I_31)	/* pulled by nobody knows whom (K-246) */
		:: else
		fi;
		if	/* K-227 */
		:: !settled && from != 0 && sa != 0 && COORDINATES && HAS(sas[i],(sa-1)*4+life) -> must = 0
		:: !settled && from != 0 && sa != 0 && COORDINATES && !HAS(sas[i],(sa-1)*4+life) &&
		   IS(RECORD_BY_NAME) && ((sas[i] >> ((sa-1)*4)) & 15) != 0 ->
			must = 0; BREAK(I_26)
		:: else
		fi
	:: else				/* only an intent (K-223) */
	fi
}

/* The lookup of (sa,life) for image i is over; `from` is the provider's offer or 0. */
inline decide(c,i)
{
	if
	:: from != 0 && (KIND(from) == EMPTY || KIND(from) == FAILED) -> from = 0
	:: else
	fi;
	if
	:: RECORDS ->
		must_pull(c,i);
		if
		:: must ->
			slot = c_content[c];
			forget(c);
			phase[c] = PULLING; image[c] = i; c_content[c] = slot;
			if
			:: from != 0 -> c_of[c] = 1; c_uid[c] = life
			:: else
			fi;
			if	/* K-212: the intent comes first */
			:: !IS(INTENT_AFTER_PULL) -> intent = intent | BIT(i); intents[i]++
			:: else
			fi
		:: else -> forget(c)
		fi
	:: else -> forget(c)
	fi
}

/* K-248: the last one takes the file away. */
inline intent_done(i)
{
	if
	:: intents[i] <= 1 -> intents[i] = 0; intent = intent & (255 - BIT(i))
	:: else -> intents[i]--
	fi
}

/* ---- the steps ------------------------------------------------------------------ */

/* A container's start makes a lookup; f: token requests fail just now. */
inline starts(c,i,f)
{
	broken = 0;
	sa = (SA_MODE -> DIGIT(SA_MAP,DIGIT(POD_MAP,c)) : 0);
	life = 0; note = 0; tok = 0; from = 0; ok = 1; hit = 0;
	other = DIGIT(SECRET_MAP,DIGIT(POD_MAP,c));
	c_content[c] = (RECORDS && other != 0 -> CONTENT(other-1) + 1 : 0);
	if
	:: sa == 0 && SA_MODE && REQUIRE_SA ->			/* K-112 */
		if
		:: IS(ACCOUNT_NOT_REQUIRED) -> BREAK(I_10)
		:: else -> ok = 0
		fi
	:: sa != 0 ->
		life = uid[sa-1]; note = ann[sa-1];			/* K-113 */
		if
		:: REQUIRED && note == 0 ->
			if
			:: IS(REQUIRED_NOT_CHECKED) -> BREAK(I_09)
			:: else -> ok = 0
			fi
		:: else
		fi;
		if
		:: ok ->
			get_token(c,f)				/* K-115 */
		:: else
		fi
	:: else
	fi;
	if
	:: ok ->
		purge();					/* K-116 */
		read_cache(i);
		if
		:: hit -> judge_hit(); decide(c,i)
		:: else -> join(c,i)
		fi
	:: else -> decide(c,i)
	fi
}

/* tok, ok := the token of caller c's pod for (sa,life); K-150 to K-152. */
inline get_token(c,f)
{
	other = DIGIT(POD_MAP,c);
	if
	:: IS(TOKEN_WITHOUT_POD) ->		/* the first pod's with that account */
		other = 0;
		do
		:: DIGIT(SA_MAP,other) != sa -> other++
		:: else -> break
		od
	:: else
	fi;
	slot = (token_at[other] != 0 && (token_uid[other] == life || !TOKEN_HAS_UID));
	if
	:: !slot || now > token_at[other] - 1 + REFRESH ->
		if
		:: !f -> token_uid[other] = life; token_at[other] = now + 1
		:: f && !slot -> ok = 0
		:: f && slot && now > token_at[other] - 1 + LIFE && !IS(EXPIRED_TOKEN_USED) -> ok = 0
		:: else
		fi
	:: else
	fi;
	if
	:: ok ->
		tok = TOKEN(other,token_uid[other],token_at[other]);
		if
		:: other != DIGIT(POD_MAP,c) -> BREAK(I_03)
		:: else
		fi;
		if
		:: now > token_at[other] - 1 + LIFE -> BREAK(I_33)
		:: else
		fi;
		if
		:: token_uid[other] != life -> BREAK(I_36)
		:: else
		fi
	:: else
	fi
}

#define SA_OF(each)	(SA_MODE -> DIGIT(SA_MAP,DIGIT(POD_MAP,each)) : 0)

/* Start an exec, or wait for one with the same flight key (K-120). */
inline join(c,i)
{
	each = 0; other = CALLERS;
	do
	:: each < CALLERS ->
		if
		:: phase[each] == WAITING && leader[each] == each + 1 && image[each] == i &&
		   (IS(FLIGHT_BY_IMAGE) ||
		    ((SA_OF(each) != 0) == (sa != 0) && c_ann[each] == note &&
		     (c_token[each] == tok || IS(FLIGHT_WITHOUT_TOKEN)))) ->
			other = each; each = CALLERS
		:: else -> each++
		fi
	:: else -> break
	od;
	phase[c] = WAITING; image[c] = i;
	c_uid[c] = life; c_ann[c] = note; c_token[c] = tok;
	if
	:: other < CALLERS ->
		leader[c] = other + 1;
		if
		:: c_token[other] != tok || c_ann[other] != note || image[other] != i -> BREAK(I_24)
		:: else
		fi
	:: else -> leader[c] = c + 1
	fi
}

/* The exec of caller c ends; all who wait for it get the result (K-121). */
inline answers(c,what,type)
{
	broken = 0;
	from = ORIGIN(what,0,0,0,0);
	if
	:: what == MINTED || what == ECHOED ->
		from = ORIGIN(what,SA_OF(c),c_uid[c],c_ann[c],
			(what == ECHOED || PER_TOKEN_TYPE -> c_token[c] : 0))
	:: else
	fi;
	each = 0;
	do
	:: each < CALLERS ->
		if
		:: phase[each] == WAITING && leader[each] == c + 1 ->
			phase[each] = ANSWERED; c_of[each] = from; c_type[each] = type
		:: else
		fi;
		each++
	:: else -> break
	od;
	each = 0;
	do	/* only now: the loop above looks at the leader's own mark */
	:: each < CALLERS ->
		if
		:: phase[each] == ANSWERED -> leader[each] = 0
		:: else
		fi;
		each++
	:: else -> break
	od
}

/* Each caller does the rest for itself (K-117, K-123). */
inline takes(c)
{
	broken = 0;
	sa = SA_OF(c); life = c_uid[c]; note = c_ann[c]; tok = c_token[c]; from = c_of[c];
	other = image[c];
	if
	:: KIND(from) == FAILED -> skip				/* K-107 */
	:: KIND(from) == ECHOED && tok != 0 && ECHO_GUARD && ORIGIN_TOKEN(from) == tok ->
		from = 0						/* K-094 */
	:: else ->
		if
		:: LASTS == 0 && IS(ZERO_IS_STORED) -> until = now + 4 + 1; BREAK(I_17); hit = 1
		:: LASTS == 0 && !IS(ZERO_IS_STORED) -> hit = 0	/* K-105 */
		:: else -> until = now + 4 + LASTS; hit = 1
		fi;
		if
		:: hit && KIND(from) == ECHOED && !PER_TOKEN_TYPE -> BREAK(I_07)
		:: else
		fi;
		if
		:: hit -> key = KEY(BASE(c_type[c],image[c]),sa,life,note,tok); put()
		:: else
		fi
	fi;
	want = image[c];
	decide(c,want)
}

/* The runtime's pull ends; by: whose credential got the image, if any (K-180). */
inline pulls(c,by)
{
	broken = 0;
	want = image[c];
	if
	:: by == NOBODY ->
		if
		:: !IS(INTENT_AFTER_PULL) -> intent_done(want)
		:: else
		fi;
		forget(c)
	:: else ->
		present = present | BIT(want); fetched = fetched | BIT(want);
		phase[c] = PULLED; c_by[c] = by;
		if	/* keep only what the record needs */
		:: by != SECRET -> c_content[c] = 0
		:: else
		fi;
		if
		:: by != PROVIDER -> c_uid[c] = 0
		:: else
		fi;
		c_of[c] = 0
	fi
}

/* The pull is recorded under the credential's source (K-213, K-245). */
inline records(c)
{
	broken = 0;
	want = image[c]; sa = SA_OF(c);
	if
	:: IS(INTENT_AFTER_PULL) -> intent = intent | BIT(want); intents[want]++
	:: else
	fi;
	recorded = recorded | BIT(want);
	if
	:: c_by[c] == ANYBODY || (c_by[c] == PROVIDER && (sa == 0 || !COORDINATES)) ->
		node = node | BIT(want);
		sas[want] = 0;
		each = 0;
		do
		:: each < SECRETS -> secrets[want * (SECRETS + 1) + each] = 0; each++
		:: else -> break
		od;
		if
		:: c_by[c] == PROVIDER && sa != 0 -> BREAK(I_25)
		:: else
		fi
	:: c_by[c] == PROVIDER && sa != 0 && COORDINATES && !HAS(node,want) ->
		sas[want] = sas[want] | BIT((sa-1)*4 + c_uid[c])
	:: c_by[c] == SECRET && !HAS(node,want) ->
		other = DIGIT(SECRET_MAP,DIGIT(POD_MAP,c));
		secrets[want * (SECRETS + 1) + other - 1] = c_content[c]
	:: else
	fi;
	intent_done(want);
	forget(c)
}

/* Crash and start-up: memory is lost, records stay. With finish, the runtime
 * completes the pulls that it was at, before the kubelet looks (K-249). */
inline restarts(finish)
{
	broken = 0;
	restarted++;
	purged = now;
	each = 0;
	do
	:: each < PODS -> token_uid[each] = 0; token_at[each] = 0; each++
	:: else -> break
	od;
	each = 0;
	do
	:: each < SLOTS -> cache_key[each] = 0; cache_end[each] = 0; cache_of[each] = 0; each++
	:: else -> break
	od;
	each = 0;
	do
	:: each < CALLERS ->
		if
		:: finish && phase[each] == PULLING ->
			want = image[each];
			present = present | BIT(want); fetched = fetched | BIT(want)
		:: else
		fi;
		forget(each);
		each++
	:: else -> break
	od;
	each = 0;
	do
	:: each < IMAGES ->
		intents[each] = 0;
		if
		:: IS(INTENTS_FORGOTTEN) -> intent = 0
		:: else
		fi;
		if
		:: HAS(intent,each) && HAS(present,each) ->
			recorded = recorded | BIT(each);
			intent = intent & (255 - BIT(each))
		:: else
		fi;
		each++
	:: else -> break
	od
}

/* ---- all that may happen ----------------------------------------------------------- */

/* The last statement keeps a loop's end within the d_step. */
#define STEP(guard,body)	d_step { (guard) -> body; skip }
#define CAN_ANSWER(c,what)	(phase[c] == WAITING && leader[c] == c + 1 && HAS(ANSWERS,what))
#define START(c,i) \
	:: STEP(phase[c] == IDLE, starts(c,i,0)) \
	:: STEP(FAULTS && phase[c] == IDLE, starts(c,i,1))
#define ANSWER(c,type) \
	:: STEP(HAS(KEY_TYPES,type) && CAN_ANSWER(c,MINTED), answers(c,MINTED,type)) \
	:: STEP(HAS(KEY_TYPES,type) && CAN_ANSWER(c,ECHOED) && c_token[c] != 0, answers(c,ECHOED,type)) \
	:: STEP(HAS(KEY_TYPES,type) && CAN_ANSWER(c,EMPTY), answers(c,EMPTY,type))
#define OFFERED(c)	(c_of[c] != 0 || c_content[c] != 0)
#define PULL(c) \
	:: STEP(phase[c] == PULLING, pulls(c,NOBODY)) \
	:: STEP(phase[c] == PULLING && !OFFERED(c) && HAS(PUBLIC,image[c]), pulls(c,ANYBODY)) \
	:: STEP(phase[c] == PULLING && c_content[c] != 0, pulls(c,SECRET)) \
	:: STEP(phase[c] == PULLING && c_of[c] != 0, pulls(c,PROVIDER)) \
	:: STEP(phase[c] == PULLED, records(c))
#if IMAGES > 2
#define STARTS(c)	START(c,0) START(c,1) START(c,2)
#elif IMAGES > 1
#define STARTS(c)	START(c,0) START(c,1)
#else
#define STARTS(c)	START(c,0)
#endif
#define CALLER(c) \
	STARTS(c) \
	ANSWER(c,0) ANSWER(c,1) ANSWER(c,2) \
	:: STEP(CAN_ANSWER(c,FAILED), answers(c,FAILED,0)) \
	:: STEP(phase[c] == ANSWERED, takes(c)) \
	PULL(c)
#define ANNOTATE(n,v) \
	:: STEP(v < ANNS && ann[n] != v, broken = 0; ann[n] = v)
#define ACCOUNT(n) \
	:: STEP(uid[n] + 1 < UIDS, broken = 0; uid[n]++) \
	ANNOTATE(n,0) ANNOTATE(n,1) ANNOTATE(n,2)
#define ROTATE(n) \
	:: STEP(CONTENT(n) + 1 < CONTENTS, broken = 0; content[n]++)

active proctype core()
{
end:	do
	:: STEP(now < HORIZON, broken = 0; now++)
	ACCOUNT(0)
#if SAS > 1
	ACCOUNT(1)
#endif
#if SECRETS > 0
	ROTATE(0)
#endif
#if SECRETS > 1
	ROTATE(1)
#endif
	CALLER(0)
#if CALLERS > 1
	CALLER(1)
#endif
#if CALLERS > 2
	CALLER(2)
#endif
	:: STEP(restarted < RESTARTS, restarts(0))
	:: STEP(restarted < RESTARTS, restarts(1))
	od
}

/* ---- what is promised --------------------------------------------------------------- */

ltl i_03 { [] !(broken & I_03) }
ltl i_05 { [] !(broken & I_05) }
ltl i_06 { [] !(broken & I_06) }
ltl i_07 { [] !(broken & I_07) }
ltl i_09 { [] !(broken & I_09) }
ltl i_10 { [] !(broken & I_10) }
ltl i_11 { [] !(broken & I_11) }
ltl i_16 { [] !(broken & I_16) }
ltl i_17 { [] !(broken & I_17) }
ltl i_24 { [] !(broken & I_24) }
ltl i_25 { [] !(broken & I_25) }
ltl i_26 { [] !(broken & I_26) }
ltl i_30 { [] !(broken & I_30) }
ltl i_31 { [] !(broken & I_31) }
ltl i_33 { [] !(broken & I_33) }
ltl i_36 { [] !(broken & I_36) }
