// The kernel's interfaces as C has them: who imports this module has them too.
@_exported public import CLinux
@_exported public import Glibc
