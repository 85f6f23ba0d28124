/* Makes a call of the 32-bit ABI, getpid, from a 64-bit program. */
int main(void)
{
	int result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
	return result > 0 ? 0 : 1;
}
