/*
 * Filters in C: an interpreter of our own, and libpcap's bpf_filter when built with -DPCAP.
 *
 *     interpreter < COMMANDS
 *
 * Commands, one per line; each is answered by one line:
 *     program FILE        struct sock_filter instructions in this machine's byte order
 *     calls FILE          struct seccomp_data, 64 bytes each, in this machine's byte order
 *     own N | pcap N      judges all calls N times: nanoseconds, or "no"
 *     save FILE           writes the return values of the last round, u32 each
 *
 * The interpreter is of the kind that kernels have: decoded once, one indirect jump per instruction (threaded
 * code), registers in locals. bpf_filter loads words in network order, so it gets the calls with each word
 * swapped beforehand.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef PCAP
#include <pcap/pcap.h>
#endif

#define MOST 4096

struct insn {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

/* 16 bytes: where to go on, and the operands. */
struct step {
	const void *go;
	uint32_t k;
	uint8_t jt, jf;
};

static struct insn insns[MOST];
static struct step steps[MOST];
static uint32_t *calls, *swapped, *returns;
static size_t length, count;

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

#define NEXT do { s++; goto *s->go; } while (0)
#define JUMP(condition) do { s += 1 + ((condition) ? s->jt : s->jf); goto *s->go; } while (0)

/* Judges one call; with data NULL, fills in the addresses of `steps` instead. */
static uint32_t judge(const uint32_t *data)
{
	static const struct { uint16_t code; const void *go; } table[] = {
		{ 0x00, &&ld_k }, { 0x20, &&ld_abs }, { 0x60, &&ld_mem }, { 0x80, &&ld_len },
		{ 0x01, &&ldx_k }, { 0x61, &&ldx_mem }, { 0x81, &&ldx_len }, { 0x02, &&st }, { 0x03, &&stx },
		{ 0x04, &&add_k }, { 0x0c, &&add_x }, { 0x14, &&sub_k }, { 0x1c, &&sub_x },
		{ 0x24, &&mul_k }, { 0x2c, &&mul_x }, { 0x34, &&div_k }, { 0x3c, &&div_x },
		{ 0x44, &&or_k }, { 0x4c, &&or_x }, { 0x54, &&and_k }, { 0x5c, &&and_x },
		{ 0x64, &&lsh_k }, { 0x6c, &&lsh_x }, { 0x74, &&rsh_k }, { 0x7c, &&rsh_x },
		{ 0xa4, &&xor_k }, { 0xac, &&xor_x }, { 0x84, &&neg },
		{ 0x05, &&ja }, { 0x15, &&jeq_k }, { 0x1d, &&jeq_x }, { 0x25, &&jgt_k }, { 0x2d, &&jgt_x },
		{ 0x35, &&jge_k }, { 0x3d, &&jge_x }, { 0x45, &&jset_k }, { 0x4d, &&jset_x },
		{ 0x06, &&ret_k }, { 0x16, &&ret_a }, { 0x07, &&tax }, { 0x87, &&txa },
	};
	const struct step *s = steps;
	uint32_t a = 0, x = 0, mem[16];

	if (!data) {
		for (size_t i = 0; i < length; i++) {
			steps[i] = (struct step){ NULL, insns[i].k, insns[i].jt, insns[i].jf };
			for (size_t row = 0; row < sizeof table / sizeof *table; row++)
				if (table[row].code == insns[i].code)
					steps[i].go = table[row].go;
			if (!steps[i].go)
				exit(2);
		}
		return 0;
	}
	goto *s->go;
ld_k:	a = s->k; NEXT;
ld_abs:	a = data[s->k / 4]; NEXT;
ld_mem:	a = mem[s->k]; NEXT;
ld_len:	a = 64; NEXT;
ldx_k:	x = s->k; NEXT;
ldx_mem: x = mem[s->k]; NEXT;
ldx_len: x = 64; NEXT;
st:	mem[s->k] = a; NEXT;
stx:	mem[s->k] = x; NEXT;
add_k:	a += s->k; NEXT;
add_x:	a += x; NEXT;
sub_k:	a -= s->k; NEXT;
sub_x:	a -= x; NEXT;
mul_k:	a *= s->k; NEXT;
mul_x:	a *= x; NEXT;
div_k:	a /= s->k; NEXT;
div_x:	if (x == 0) return 0; a /= x; NEXT;
or_k:	a |= s->k; NEXT;
or_x:	a |= x; NEXT;
and_k:	a &= s->k; NEXT;
and_x:	a &= x; NEXT;
lsh_k:	a <<= s->k; NEXT;
lsh_x:	a <<= x & 31; NEXT;
rsh_k:	a >>= s->k; NEXT;
rsh_x:	a >>= x & 31; NEXT;
xor_k:	a ^= s->k; NEXT;
xor_x:	a ^= x; NEXT;
neg:	a = -a; NEXT;
ja:	s += 1 + s->k; goto *s->go;
jeq_k:	JUMP(a == s->k);
jeq_x:	JUMP(a == x);
jgt_k:	JUMP(a > s->k);
jgt_x:	JUMP(a > x);
jge_k:	JUMP(a >= s->k);
jge_x:	JUMP(a >= x);
jset_k:	JUMP(a & s->k);
jset_x:	JUMP(a & x);
ret_k:	return s->k;
ret_a:	return a;
tax:	x = a; NEXT;
txa:	a = x; NEXT;
}

static void *read_all(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END))
		exit(2);
	*size = ftell(file);
	rewind(file);
	void *bytes = malloc(*size + 1);
	if (!bytes || fread(bytes, 1, *size, file) != *size)
		exit(2);
	fclose(file);
	return bytes;
}

static void load_program(const char *path)
{
	size_t size;
	void *bytes = read_all(path, &size);
	if (size == 0 || size > sizeof insns || size % sizeof *insns)
		exit(2);
	memcpy(insns, bytes, size);
	length = size / sizeof *insns;
	free(bytes);
	judge(NULL);
}

static void load_calls(const char *path)
{
	size_t size;
	free(calls);
	calls = read_all(path, &size);
	count = size / 64;
	returns = realloc(returns, count * sizeof *returns);
	swapped = realloc(swapped, size);
	if (!returns || !swapped)
		exit(2);
	for (size_t i = 0; i < count * 16; i++)
		swapped[i] = __builtin_bswap32(calls[i]);
}

static void own_pass(void)
{
	for (size_t i = 0; i < count; i++)
		returns[i] = judge(calls + 16 * i);
}

static int pcap_pass(void)
{
#ifdef PCAP
	for (size_t i = 0; i < count; i++)
		returns[i] = bpf_filter((const struct bpf_insn *)insns, (const u_char *)(swapped + 16 * i), 64, 64);
	return 1;
#else
	return 0;
#endif
}

int main(void)
{
	char word[16], path[4096];
	int passes;
	while (scanf("%15s", word) == 1) {
		if (!strcmp(word, "program") && scanf("%4095s", path) == 1) {
			load_program(path);
			puts("ok");
		} else if (!strcmp(word, "calls") && scanf("%4095s", path) == 1) {
			load_calls(path);
			puts("ok");
		} else if (!strcmp(word, "save") && scanf("%4095s", path) == 1) {
			FILE *out = fopen(path, "wb");
			if (!out || fwrite(returns, sizeof *returns, count, out) != count || fclose(out))
				return 2;
			puts("ok");
		} else if (!strcmp(word, "own") && scanf("%d", &passes) == 1) {
			long start = now();
			while (passes-- > 0)
				own_pass();
			printf("%ld\n", now() - start);
		} else if (!strcmp(word, "pcap") && scanf("%d", &passes) == 1) {
			long start = now();
			int able = 1;
			while (passes-- > 0 && able)
				able = pcap_pass();
			if (able)
				printf("%ld\n", now() - start);
			else
				puts("no");
		} else {
			return 2;
		}
		fflush(stdout);
	}
	return 0;
}
